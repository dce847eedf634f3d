package mailwing.smtp.spf;

import java.net.InetAddress;

/// Whom to check.
///
/// @param client IPv4, or IPv6 that maps no IPv4
/// @param localPart of the sender, `postmaster` where there is none (RFC 7208 §4.3)
/// @param senderDomain of the sender, or the HELO name where the reverse-path is null
/// @param receiver the receiving host's name
public record SpfRequest(
    InetAddress client, String localPart, String senderDomain, String helo, String receiver) {}
