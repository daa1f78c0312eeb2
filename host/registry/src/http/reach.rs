//! Which addresses may be dialled: a person may name any place, a stranger's answer leads only where anybody could go.

use std::net::IpAddr;

use remit_policy::{is_public, unwrap_address};

/// Where addresses lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// This machine.
    Loopback,
    /// A network of one's own (RFC 1918, RFC 6598, unique-local).
    Private,
    /// Anywhere.
    Public,
    /// Link-local (where clouds keep their machines' credentials), multicast, reserved, or several of these at once:
    /// nothing leads on to one.
    Special,
}

impl Scope {
    /// Of all addresses of a name together.
    pub(crate) fn of(addresses: &[IpAddr]) -> Scope {
        let mut scopes = addresses.iter().map(|address| one(*address));
        let first = scopes.next().unwrap_or(Scope::Special);
        if scopes.all(|scope| scope == first) {
            first
        } else {
            Scope::Special
        }
    }
}

fn one(address: IpAddr) -> Scope {
    let address = unwrap_address(address);
    if is_public(address) {
        return Scope::Public;
    }
    if address.is_loopback() {
        return Scope::Loopback;
    }
    let private = match address {
        IpAddr::V4(four) => {
            let [a, b, ..] = four.octets();
            four.is_private() || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(six) => six.is_unique_local(),
    };
    if private {
        Scope::Private
    } else {
        Scope::Special
    }
}

/// What may be dialled in one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// A person named the place.
    Any,
    /// Public addresses.
    Public,
    /// Plain http: this machine.
    Loopback,
    /// A registry in this scope named the place: public addresses, or others of its own scope.
    LedFrom(Scope),
}

impl Reach {
    /// The first address that may not be dialled, and why.
    pub(crate) fn judge(self, addresses: &[IpAddr]) -> Result<(), (IpAddr, &'static str)> {
        let refuse = |why, allowed: &dyn Fn(Scope) -> bool| {
            let bad = addresses.iter().find(|address| !allowed(one(**address)));
            bad.map_or(Ok(()), |address| Err((*address, why)))
        };
        match self {
            Reach::Any => Ok(()),
            Reach::Public => refuse("which is not public", &|scope| scope == Scope::Public),
            Reach::Loopback => refuse(
                "which is not this machine, and plain http is for this machine only",
                &|scope| scope == Scope::Loopback,
            ),
            Reach::LedFrom(from) => refuse(
                "where nothing that is fetched from elsewhere may lead",
                &|scope| scope == Scope::Public || (scope == from && from != Scope::Special),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn addresses_lie_where_they_lie() {
        for (text, scope) in [
            ("8.8.8.8", Scope::Public),
            ("2606:4700::1111", Scope::Public),
            ("127.0.0.1", Scope::Loopback),
            ("127.9.9.9", Scope::Loopback),
            ("::1", Scope::Loopback),
            ("::ffff:127.0.0.1", Scope::Loopback),
            ("10.1.2.3", Scope::Private),
            ("192.168.1.1", Scope::Private),
            ("172.31.0.1", Scope::Private),
            ("100.64.0.1", Scope::Private),
            ("fd00::1", Scope::Private),
            ("169.254.169.254", Scope::Special),
            ("fe80::1", Scope::Special),
            ("0.0.0.0", Scope::Special),
            ("::", Scope::Special),
            ("224.0.0.1", Scope::Special),
            ("255.255.255.255", Scope::Special),
            ("168.63.129.16", Scope::Special),
            ("2002:7f00:1::", Scope::Special),
        ] {
            assert_eq!(Scope::of(&addresses(&[text])), scope, "{text}");
        }
        assert_eq!(
            Scope::of(&addresses(&["8.8.8.8", "10.0.0.1"])),
            Scope::Special
        );
        assert_eq!(
            Scope::of(&addresses(&["::1", "127.0.0.1"])),
            Scope::Loopback
        );
        assert_eq!(Scope::of(&[]), Scope::Special);
    }

    #[test]
    fn what_leads_on_leads_to_public_places_or_within_its_own() {
        for (from, to, allowed) in [
            (Scope::Public, "8.8.8.8", true),
            (Scope::Public, "10.0.0.1", false),
            (Scope::Public, "127.0.0.1", false),
            (Scope::Public, "169.254.169.254", false),
            (Scope::Private, "10.0.0.1", true),
            (Scope::Private, "8.8.8.8", true),
            (Scope::Private, "127.0.0.1", false),
            (Scope::Private, "169.254.169.254", false),
            (Scope::Loopback, "127.0.0.1", true),
            (Scope::Loopback, "10.0.0.1", false),
            (Scope::Special, "169.254.169.254", false),
            (Scope::Special, "8.8.8.8", true),
        ] {
            let found = Reach::LedFrom(from).judge(&addresses(&[to]));
            assert_eq!(found.is_ok(), allowed, "{from:?} to {to}");
        }
    }

    #[test]
    fn every_address_of_a_name_is_judged() {
        let mixed = addresses(&["8.8.8.8", "127.0.0.1"]);
        for reach in [
            Reach::Public,
            Reach::LedFrom(Scope::Public),
            Reach::Loopback,
        ] {
            assert!(reach.judge(&mixed).is_err(), "{reach:?}");
        }
        assert!(Reach::Any.judge(&mixed).is_ok());
        assert!(Reach::Public.judge(&addresses(&["8.8.8.8"])).is_ok());
        assert!(Reach::Loopback.judge(&addresses(&["::1"])).is_ok());
        assert!(Reach::Loopback.judge(&addresses(&["8.8.8.8"])).is_err());
    }
}
