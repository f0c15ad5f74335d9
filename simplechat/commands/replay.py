"""What was said before: shown on JOIN to clients that cannot ask for it."""

from __future__ import annotations

from simplechat.commands.context import Context
from simplechat.commands.rows import as_messages, batch, in_batch
from simplechat.commands.views import room_view
from simplechat.hub.channel import Channel
from simplechat.hub.ids import msgid_of
from simplechat.hub.records import SAID, LogRow  # comings and goings are noise by then
from simplechat.hub.store import Store
from simplechat.ircv3.message import Message


def replay(ctx: Context, channel: Channel, joined: int) -> None:
    """Show a session that joins what it may see of the channel's log; whatever is said meanwhile follows.

    Spec: https://ircv3.net/specs/batches/chathistory
    """
    count = ctx.hub.config.replay
    if not count or "B" in ctx.user.modes or "draft/chathistory" in ctx.session.caps:
        return
    view = room_view(ctx, channel)
    since = max(view.since, ctx.user.left.get(channel.folded, 0) + 1)  # nothing is shown twice
    user, session, source = ctx.user, ctx.session, ctx.hub.config.server_name

    async def read(store: Store) -> list[Message]:
        rows = await store.page(channel.folded, since, joined, SAID, count)
        if user in channel.members:
            channel.members[user].is_caught_up = True
        visible = [row for row in rows if view.admits(row) and not _asks_a_program(row)]
        messages = [each for row in visible for each in as_messages(row, view.addressee(row), session)]
        if "batch" not in session.caps or not messages:
            return messages
        opening, closing = batch(f"h{msgid_of(joined)}", "chathistory", channel.name, source=source)
        return in_batch(messages, opening, closing)

    ctx.entry.read(session, read)


def _asks_a_program(row: LogRow) -> bool:
    """Tell whether a message is a question from program to program, which must not be asked again."""
    return row.text.startswith("\1") and not row.text.startswith("\1ACTION ")
