package mailwing.smtp.fuzz;

import java.util.Map;

/// A message that was acknowledged by 250.
///
/// @param octets what the client meant, each character an octet
/// @param copies for each account how many of its addresses it is for
record Taken(String octets, Map<String, Integer> copies) {}
