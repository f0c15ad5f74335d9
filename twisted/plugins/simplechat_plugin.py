"""Make `twistd simplechat` known to Twisted."""

from twisted.application.service import ServiceMaker

simplechat = ServiceMaker(
    "simplechat",
    "simplechat.service",
    "A chat server: IRCv3, every message on disk before it is said",
    "simplechat",
)
