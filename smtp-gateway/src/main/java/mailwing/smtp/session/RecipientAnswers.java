package mailwing.smtp.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import mailwing.gateway.OctetReader;
import mailwing.smtp.delivery.Deliveries;
import mailwing.smtp.protocol.Command;
import mailwing.smtp.protocol.CommandParser;
import mailwing.store.v1.RecipientSender;

/// What the store says of a transaction's recipients. Those that the client has named already in
/// one group (RFC 2920) are asked for in one call, by the first of them.
final class RecipientAnswers {
  private final Deliveries deliveries;
  private final OctetReader in;
  private final Map<String, Deliveries.Resolved> known = new HashMap<>();

  RecipientAnswers(Deliveries deliveries, OctetReader in) {
    this.deliveries = deliveries;
    this.in = in;
  }

  /// Another transaction begins.
  void forget() {
    known.clear();
  }

  /// What the store says of the address, whose command has just been taken from the input.
  ///
  /// @param more how many recipients more would be looked at
  Deliveries.Resolved of(String address, long size, RecipientSender sender, int more) {
    Deliveries.Resolved answer = known.remove(address);
    if (answer != null) {
      return answer;
    }
    List<String> asked = new ArrayList<>();
    asked.add(address);
    addNext(asked, Math.min(1 + more, Deliveries.MOST_RESOLVED));
    List<Deliveries.Resolved> answers = deliveries.resolve(asked, size, sender);
    for (int i = 1; i < answers.size(); i++) {
      known.put(asked.get(i), answers.get(i));
    }
    return answers.getFirst();
  }

  /// Looks at the commands that wait, up to the first that is no RCPT, and takes none.
  private void addNext(List<String> addresses, int most) {
    byte[] octets = in.array();
    int from = in.position();
    for (int i = from; i < in.limit() && addresses.size() < most; i++) {
      if (octets[i] == '\n') {
        int end = i > from && octets[i - 1] == '\r' ? i - 1 : i;
        if (!(CommandParser.parse(octets, from, end - from) instanceof Command.Rcpt rcpt)) {
          return;
        }
        addresses.add(rcpt.path().address());
        from = i + 1;
      }
    }
  }
}
