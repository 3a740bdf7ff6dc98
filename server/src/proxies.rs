//! Which proxies are believed when they say for whom they ask.
//!
//! `X-Forwarded-For` is what anybody may write. Only what a proxy that was named has added counts: from the end, the first
//! address that is not one of them.

use http::HeaderMap;
use std::{net::IpAddr, str::FromStr};

/// The networks of the proxies that are believed; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proxies(Vec<(IpAddr, u8)>);

impl FromStr for Proxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let network = |text: &str| {
            let bad = || format!("{text} is no network; an example is 10.0.0.0/8");
            let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
            let address: IpAddr = address.parse().map_err(|_| bad())?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| bad()))?;
            if bits > most { Err(bad()) } else { Ok((address, bits)) }
        };
        text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl Proxies {
    /// Whether none is trusted.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who asks, when a request comes from this peer.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let said = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok());
        let mut said: Vec<&str> = said.flat_map(|line| line.split(',')).collect();
        while self.has(client) {
            let Some(before) = said.pop().and_then(|text| text.trim().parse::<IpAddr>().ok()) else { break };
            client = before.to_canonical();
        }
        client
    }

    fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|(network, bits)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(*bits);
                u32::from(*network).checked_shr(shift).unwrap_or(0)
                    == u32::from(address).checked_shr(shift).unwrap_or(0)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(*bits);
                u128::from(*network).checked_shr(shift).unwrap_or(0)
                    == u128::from(address).checked_shr(shift).unwrap_or(0)
            }
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn client(proxies: &str, peer: &str, said: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in said {
            headers.append("x-forwarded-for", HeaderValue::from_static(line));
        }
        proxies.parse::<Proxies>().unwrap().client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_named_proxies_say_for_whom_they_ask() {
        for (proxies, peer, said, expected) in [
            ("", "203.0.113.9", &["198.51.100.1"] as &[_], "203.0.113.9"),
            ("10.0.0.0/8", "203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.0/8", "10.1.2.3", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.0/8", "10.1.2.3", &["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.0/8", "10.1.2.3", &["6.6.6.6", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.0/8", "10.1.2.3", &["garbage"], "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", &[], "10.1.2.3"),
            ("127.0.0.1, ::1", "::1", &["2001:db8::7"], "2001:db8::7"),
            ("2001:db8::/32", "2001:db8::1", &["198.51.100.1"], "198.51.100.1"),
            ("0.0.0.0/0", "1.2.3.4", &["5.6.7.8"], "5.6.7.8"),
        ] {
            assert_eq!(client(proxies, peer, said), expected, "{proxies} {peer} {said:?}");
        }
        for bad in ["10.0.0.0/33", "proxy", "10.0.0.0/x"] {
            assert!(bad.parse::<Proxies>().is_err(), "{bad}");
        }
    }
}
