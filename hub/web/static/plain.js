// Pages without live data still have a clock.

import { everySecond } from "./live.js";

everySecond();
