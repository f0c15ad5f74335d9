"""What our server says when it refuses something, other than by numerics: here so that it is translated."""

from __future__ import annotations

from simplechat.locale import marked

REFUSALS = (
    marked("Login failed: there is no such account with that password"),
    marked("Login failed: too many tries; please wait a while"),
    marked("Login failed: too many people log in just now; please try again"),
    marked("The owner of this server creates the accounts; ask them for one"),
    marked("It was said too long ago to be taken back"),
    marked("Only who said it and operators may take it back"),
    marked("Somebody else is using that nick"),
    marked("The account's own name is the first that others would try"),
    marked("The old password is not right"),
    marked("There is an account of that name, or of one that looks like it"),
    marked("There is no such message"),
    marked("There is nothing there that you may read"),
    marked("There is nothing there that you may take back"),
    marked("Too many accounts were created from your address; please wait a while"),
    marked("You are logged in already"),
)
