"""TOPIC: the topic of a channel.

Spec: https://modern.ircdocs.horse/#topic-message
"""

from __future__ import annotations

from functools import partial

from simplechat.commands.framework.context import Context
from simplechat.commands.framework.table import REGISTERED, command
from simplechat.commands.log.log_rows import keep_event, keep_settings
from simplechat.hub.channel import Channel, Topic
from simplechat.hub.ids import event_tags
from simplechat.hub.policy import may_set_topic, must_be_member
from simplechat.hub.store import Store
from simplechat.ircv3.message import Message, fit_to_line
from simplechat.ircv3.numerics import RPL_NOTOPIC, RPL_TOPIC, RPL_TOPICWHOTIME


@command("TOPIC", needs=REGISTERED, cost=2)
def topic(ctx: Context, channel: Channel, text: str | None = None) -> None:
    """Show or set the topic of a channel.

    Spec: https://modern.ircdocs.horse/#topic-message
    """
    must_be_member(ctx.user, channel)
    if text is None:
        show_topic(ctx, channel)
        return
    may_set_topic(ctx.user, channel)
    number = ctx.hub.mint_id(channel)
    message = fit_to_line(Message("TOPIC", (channel.name, text), ctx.user.source, event_tags(number)))
    kept = message.params[1]
    channel.topic = Topic(kept, ctx.user.source, int(ctx.now)) if kept else None
    keep_settings(ctx, channel)
    keep_event(ctx, channel, ctx.user, "TOPIC", number, kept)
    ctx.send(message, channel.listeners())


def show_topic(ctx: Context, channel: Channel) -> None:
    """Send the session a channel's topic, who set it, and when.

    While a new topic is on its way to the disk, the reply waits until it got there or was undone.
    """
    if channel.pending_saves:
        ctx.entry.read(ctx.session, partial(_read_settled_topic, ctx, channel))
        return
    for message in _topic_replies(ctx, channel, channel.topic):
        ctx.send(message, (ctx.session,))


async def _read_settled_topic(ctx: Context, channel: Channel, store: Store) -> list[Message]:
    return _topic_replies(ctx, channel, channel.saved_topic())


def _topic_replies(ctx: Context, channel: Channel, topic: Topic | None) -> list[Message]:
    if topic is None:
        return [ctx.numeric(RPL_NOTOPIC, channel.name)]
    return [
        ctx.numeric(RPL_TOPIC, channel.name, topic.text),
        ctx.numeric(RPL_TOPICWHOTIME, channel.name, topic.by, str(topic.at)),
    ]
