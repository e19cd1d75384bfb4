"""ZKTeco attendance terminals on the network, TCP or UDP port 4370: their log, and each punch as it happens.

Source: see firmware_bridge.devices.identity.zk_packets and zk_records.
Frame:  50 50 82 7D, length, packet on TCP; the packet alone on UDP.
Units:  none: identity events; the user's number, the terminal's own time, punch and verify mode (`status`) beside it.
Errors: BadFrame(checksum, length, noise, no such time, no user); `device_refused` where the communication key is wrong.
"""

from firmware_bridge.device import Command, Decode, Device, Meaning
from firmware_bridge.devices.identity import zk_packets
from firmware_bridge.devices.identity.zk_capture import Capture
from firmware_bridge.devices.identity.zk_dialogue import ZkDialogue
from wire.orders import OrderKind
from wire.text import Text


def decode(frame: bytes) -> Meaning | tuple[Meaning, ...]:
    """One packet alone."""
    return Capture().decode(frame)


def decoder() -> Decode:
    return Capture().decode


DEVICE = Device(
    name="zkteco",
    title=Text("máy chấm công ZKTeco", "ZKTeco attendance terminal"),
    baud=115_200,
    frame=zk_packets.Capture(),
    decode=decode,
    decoder=decoder,
    quantities=(),
    interval_s=60.0,
    answer_s=5.0,
    dialogue=ZkDialogue,
    tcp_port=4370,
    commands=(
        Command(
            OrderKind.SET_CLOCK,
            b"",
            Text("đặt đồng hồ máy theo giờ của cổng", "set the terminal's clock to the gateway's"),
        ),
    ),
    wiring=Text(
        "Cổng mạng: tcp:ĐỊA-CHỈ:4370 (máy cũ: udp:ĐỊA-CHỈ:4370). Đặt địa chỉ IP cố định; nếu máy có Comm Key, ghi "
        "nó vào tệp mật khẩu. Đừng để phần mềm khác của trường cùng đọc máy này.",
        "Network: tcp:ADDRESS:4370 (old terminals: udp:ADDRESS:4370). Give it a fixed IP address; where a Comm Key is "
        "set, put it into the password file. No other program of the school should read this terminal.",
    ),
    also=("zk", "zkteco-k40", "iclock"),
)
