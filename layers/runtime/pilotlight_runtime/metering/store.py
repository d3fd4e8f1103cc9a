"""Where the tenants' items are, and what a store may fail of."""

from __future__ import annotations

from pilotlight_runtime.light_typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pilotlight_runtime.metering.charge import Amount, Charge, Item, Outcome, Reservation


class StoreFailed(Exception):
    """The store did not do what it was asked, and nothing was taken or given back."""


class ReplyLost(StoreFailed):
    """The store was asked, and its reply did not come: nobody knows whether it has done it. It is not asked again."""


class MeterStore(Protocol):
    """The items of all tenants. Each method raises StoreFailed, and ReplyLost where that is uncertain."""

    def read(self, tenant: str) -> Item | None:
        """Reads a tenant's item.

        Args:
            tenant: The tenant's id.

        Returns:
            The item as it is now; None where there is none.
        """

    def charge(self, charge: Charge) -> Outcome:
        """Takes a charge, if the key and every window allow it, in one atomic step that is durable.

        Args:
            charge: The charge.

        Returns:
            The outcome. The windows are those after the charge.
        """

    def settle(self, reservation: Reservation, used: Amount) -> None:
        """Gives back what a reservation did not use, in one atomic step.

        Args:
            reservation: What was taken.
            used: What was used of it.
        """

    def close(self) -> None:
        """Closes the file or the connection."""
