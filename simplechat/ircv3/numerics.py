"""The numeric replies: one table of name, code and words.

Spec: https://modern.ircdocs.horse/#numerics
"""

from typing import NamedTuple


class Numeric(NamedTuple):
    """A numeric reply.

    Attributes:
        code: Three digits.
        words: The text of the last parameter, with {fields} to fill in; "" where there is no such text.
    """

    code: str
    words: str = ""


RPL_WELCOME = Numeric("001", "Welcome to {network}, {nick}")
RPL_YOURHOST = Numeric("002", "Your host is {server}, running {version}")
RPL_CREATED = Numeric("003", "This server was started {started}")
RPL_MYINFO = Numeric("004")
RPL_ISUPPORT = Numeric("005", "are supported by this server")
RPL_NAMREPLY = Numeric("353")
RPL_ENDOFNAMES = Numeric("366", "End of /NAMES list")
RPL_MOTD = Numeric("372")
RPL_MOTDSTART = Numeric("375", "- {server} Message of the day -")
RPL_ENDOFMOTD = Numeric("376", "End of /MOTD command")
ERR_NOSUCHNICK = Numeric("401", "There is nobody of that name here")
ERR_NOSUCHCHANNEL = Numeric("403", "There is no such channel")
ERR_CANNOTSENDTOCHAN = Numeric("404", "You cannot speak here: you are not in that channel")
ERR_TOOMANYTARGETS = Numeric("407", "Too many targets; at most {limit} at once")
ERR_NOORIGIN = Numeric("409", "PING needs a word to send back")
ERR_INVALIDCAPCMD = Numeric("410", "Not a CAP subcommand: LS, LIST, REQ or END")
ERR_NORECIPIENT = Numeric("411", "No recipient given ({command})")
ERR_NOTEXTTOSEND = Numeric("412", "No text to send")
ERR_INPUTTOOLONG = Numeric("417", "The line was too long and was not taken: 512 bytes, 4094 more for tags")
ERR_UNKNOWNCOMMAND = Numeric("421", "There is no such command")
ERR_NOMOTD = Numeric("422", "There is no message of the day")
ERR_NONICKNAMEGIVEN = Numeric("431", "No nick given")
ERR_ERRONEUSNICKNAME = Numeric("432", "That cannot be a nick: {why}")
ERR_NICKNAMEINUSE = Numeric("433", "That nick is in use")
ERR_NOTONCHANNEL = Numeric("442", "You are not in that channel")
ERR_NOTREGISTERED = Numeric("451", "Say who you are first: NICK and USER")
ERR_NEEDMOREPARAMS = Numeric("461", "Not enough parameters; see HELP {command}")
ERR_ALREADYREGISTERED = Numeric("462", "You have said who you are already")
ERR_PASSWDMISMATCH = Numeric("464", "The password is not right")
ERR_BADCHANMASK = Numeric("476", "That cannot be a channel's name: {why}")
ERR_TOOMANYCHANNELS = Numeric("405", "You are in {limit} channels, which is the limit")
