package mailwing.smtp.session;

import java.util.ArrayList;
import java.util.List;
import mailwing.smtp.delivery.MessageIntake;
import mailwing.smtp.protocol.ForwardPath;
import mailwing.smtp.protocol.ReversePath;

/// Where the session stands in a mail transaction (RFC 5321 §3.3, RFC 3030 §2).
sealed interface Transaction {

  /// Between transactions.
  record None() implements Transaction {}

  /// MAIL was accepted.
  record Begun(ReversePath from, MailOptions options, Recipients recipients)
      implements Transaction {}

  /// A first BDAT was accepted; the message comes in chunks.
  record Chunking(Begun begun, MessageIntake intake, MessageIds ids) implements Transaction {}

  /// A chunk was refused: what is still in the pipeline is swallowed until RSET or the last chunk.
  record ChunkFailed() implements Transaction {}

  /// The accepted recipients: each once for the store, though a client may name it more often.
  final class Recipients {
    private final List<ForwardPath> unique = new ArrayList<>();
    private final List<RecipientOptions> options = new ArrayList<>();
    // For each accepted RCPT the index in `unique`: LMTP answers each of them.
    private final List<Integer> accepted = new ArrayList<>();
    private int tried;
    private String sentOnBy = "";

    void tried() {
      tried++;
    }

    /// How many were named, accepted or not.
    int tries() {
      return tried;
    }

    /// What was asked for one that is named twice is what was asked first.
    void accept(ForwardPath path, RecipientOptions asked) {
      int index = unique.indexOf(path);
      if (index < 0) {
        index = unique.size();
        unique.add(path);
        options.add(asked);
      }
      accepted.add(index);
    }

    /// Some of the mail goes on to elsewhere on behalf of this domain, if it is one.
    void sentOnBy(String domain) {
      if (sentOnBy.isEmpty()) {
        sentOnBy = domain;
      }
    }

    /// The first domain on whose behalf mail goes on; empty for none.
    String sentOnBy() {
      return sentOnBy;
    }

    boolean isEmpty() {
      return accepted.isEmpty();
    }

    List<ForwardPath> unique() {
      return unique;
    }

    /// Those of `unique` as addresses, unquoted.
    List<String> addresses() {
      return unique.stream().map(ForwardPath::address).toList();
    }

    /// What was asked for each of `unique`.
    List<RecipientOptions> options() {
      return options;
    }

    List<Integer> accepted() {
      return accepted;
    }
  }
}
