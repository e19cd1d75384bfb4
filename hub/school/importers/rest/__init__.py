"""OneRoster over the network: one school's server asked page by page, handed over as a roster like any file's."""
