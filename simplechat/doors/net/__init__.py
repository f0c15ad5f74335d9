"""The port: listening, sniffing, the line protocol, PROXY headers, direct socket writes."""
