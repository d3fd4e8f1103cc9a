"""keys create, list, rotate, revoke: the keys of a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from pilotlight.cli.commands.tenants import TableOption
from pilotlight.cli.invocation import JsonFlag, err, invocation, out, print_json

if TYPE_CHECKING:
    from pilotlight.workflows.context import Context
    from pilotlight.workflows.keys import IssuedKey

HELP: Final = "Create, list, rotate and revoke the keys of a tenant."

TenantOption = Annotated[str, typer.Option("--tenant", metavar="TENANT", help="The tenant's name.")]
AnyTenantOption = Annotated[
    str, typer.Option("--tenant", metavar="TENANT", help="The tenant's name. A whole key needs none.")
]
Which = Annotated[
    str,
    typer.Argument(metavar="KEY", help="The key's label or id, as `pilotlight keys list` shows it, or the whole key."),
]


def create(
    ctx: typer.Context,
    *,
    tenant: TenantOption,
    label: Annotated[str, typer.Option(metavar="LABEL", help="The key's name within the tenant.")] = "default",
    models: Annotated[
        str | None, typer.Option(metavar="A,B", help="The models that it may ask; all where it is left out.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="D", help="Its last day in UTC, such as 2026-12-31, or a time such as 90d.")
    ] = None,
    test: Annotated[
        bool, typer.Option("--test", help="Begin it with plk_test_. It is charged like any other.")
    ] = False,
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Create a key. It is shown once, and the service keeps no more than its hash.

    Where the tenant has a key with this label and these settings, nothing is changed and no key is shown.

    Example:  [dim]pilotlight keys create --tenant acme --models digits,wine --expires 90d[/]
    """
    from pilotlight.workflows.keys import KeyRequest, create

    named = None if models is None else tuple(name.strip() for name in models.split(",") if name.strip())
    request = KeyRequest(tenant, label, named, expires, test, table)
    context = invocation(ctx).context(quiet=True)
    _show(create(request, context), context, as_json=as_json)


def list_(ctx: typer.Context, *, tenant: TenantOption, table: TableOption = "", as_json: JsonFlag = False) -> None:
    """List the keys of a tenant, without their secrets."""
    from pilotlight.cli.service_tables import key_objects, keys_table
    from pilotlight.workflows.keys import list_of

    context = invocation(ctx).context(quiet=True)
    found = list_of(tenant, table, context)
    if as_json:
        print_json({"tenant": tenant, "keys": key_objects(found.keys, context.seconds())})
        return
    empty = f"No keys. Create one with `pilotlight keys create --tenant {tenant}`."
    out().print(keys_table(found.keys, context.seconds()) if found.keys else empty)


def rotate(
    ctx: typer.Context,
    key: Which,
    *,
    tenant: AnyTenantOption = "",
    grace: Annotated[
        str, typer.Option(metavar="D", help="How long the old secret is accepted, such as 24h or 0s.")
    ] = "24h",
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Make a new secret for a key. The old one is accepted for a while; label, models and counters stay.

    Example:  [dim]pilotlight keys rotate web --tenant acme --grace 7d[/]
    """
    from pilotlight.workflows.keys import rotate

    context = invocation(ctx).context(quiet=True)
    _show(rotate(tenant, key, grace, table, context), context, as_json=as_json)


def revoke(
    ctx: typer.Context,
    key: Which,
    *,
    tenant: AnyTenantOption = "",
    table: TableOption = "",
    as_json: JsonFlag = False,
) -> None:
    """Refuse a key from the very next answer on. Its counters stay.

    Example:  [dim]pilotlight keys revoke web --tenant acme[/]
    """
    from pilotlight.cli.service_tables import key_object
    from pilotlight.workflows.keys import revoke

    found = revoke(tenant, key, table, invocation(ctx).context(quiet=True))
    if as_json:
        print_json({**key_object(found), "revoked": True})
        return
    text = f"Key {found.label} ({found.id}) is revoked: the very next answer is refused."
    out().print(text, soft_wrap=True, markup=False)


def _show(issued: IssuedKey, context: Context, *, as_json: bool) -> None:
    from pilotlight.cli.service_tables import key_object, show_moment

    if as_json:
        secret = {"secret": issued.secret or None, "created": bool(issued.secret)}
        old = {"old_until": issued.old_until} if issued.old_until else {}
        print_json({"tenant": issued.tenant, **key_object(issued.key), **secret, **old})
        return
    key = issued.key
    if not issued.secret:
        expires = f", and expires at {show_moment(key.expires)}" if key.expires else ""
        text = (
            f"Key {key.label} ({key.id}) of {issued.tenant} was there already{expires}. It was shown when it was made."
            f" For a new secret: pilotlight keys rotate {key.label} --tenant {issued.tenant}"
        )
        err().print(text, soft_wrap=True, markup=False)
        return
    # The secret alone goes to stdout, so that a script can take it.
    expires = f" It expires at {show_moment(key.expires)}." if key.expires else ""
    about = f"Key {key.label} ({key.id}) of {issued.tenant}.{expires} Keep it now: it is not shown again."
    err().print(about, soft_wrap=True, markup=False)
    if issued.old_until > context.seconds():
        err().print(f"The old secret is accepted until {show_moment(issued.old_until)}.", soft_wrap=True)
    elif issued.old_until:
        err().print("The old secret is refused from now on.")
    typer.echo(issued.secret)
