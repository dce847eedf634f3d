package mailwing.testkit.imap;

import java.util.List;

/// SEARCH, SORT, ESEARCH and THREAD responses, from after their name.
final class ImapSearchReader {
  private static final int DEEPEST = 100_000;

  private final ImapTokens t;
  private final List<Object> data;

  ImapSearchReader(ImapTokens tokens, List<Object> data) {
    this.t = tokens;
    this.data = data;
  }

  /// RFC 3501 §7.2.5, RFC 5256 §4, RFC 7162 §3.1.10.
  void numbers() {
    while (t.accept(' ')) {
      if (t.at('(')) {
        t.expect("(MODSEQ ");
        data.add("MODSEQ " + t.nonZero(t.number64()));
        t.expect(")");
        return;
      }
      data.add(t.nzNumber());
    }
  }

  /// RFC 9051 §7.3.4, RFC 5267 §5, RFC 6203 §6, RFC 7377 §2.1, RFC 9394 §4.
  void esearch() {
    boolean more = t.accept(' ');
    if (more && t.at('(')) {
      correlator();
      more = t.accept(' ');
    }
    for (; more; more = t.accept(' ')) {
      String name = t.atom();
      data.add(name);
      if (name.equals("UID")) {
        continue;
      }
      t.sp();
      switch (name) {
        case "MIN", "MAX" -> data.add(t.nzNumber());
        case "COUNT" -> data.add(t.number());
        case "MODSEQ" -> data.add(t.nonZero(t.number64()));
        case "ALL" -> data.add(t.set());
        case "PARTIAL" -> partial();
        case "ADDTO", "REMOVEFROM" -> updates();
        case "RELEVANCY" -> data.add(t.list(this::score));
        default -> throw t.wrong("Unknown ESEARCH data");
      }
    }
  }

  /// RFC 10022 §4: the tag, then the ends of each range as they stand.
  void uidBatches() {
    t.sp();
    t.expect("(TAG ");
    data.add(t.stringText());
    t.expect(")");
    if (t.accept(' ')) {
      do {
        data.add(t.nzNumber());
        t.expect(":");
        data.add(t.nzNumber());
      } while (t.accept(','));
    }
  }

  private void correlator() {
    t.expect("(TAG ");
    data.add(t.stringText());
    if (t.accept(' ')) {
      t.expect("MAILBOX ");
      data.add("MAILBOX");
      data.add(t.astring());
      t.expect(" UIDVALIDITY ");
      data.add(t.nzNumber());
    }
    t.expect(")");
  }

  private void partial() {
    t.expect("(");
    data.add(t.atom());
    t.sp();
    if (t.at('N')) {
      t.nil();
      data.add("NIL");
    } else {
      data.add(t.set());
    }
    t.expect(")");
  }

  /// A position, 0 where there is no order, and what is put there.
  private void updates() {
    t.expect("(");
    do {
      data.add(t.number());
      t.sp();
      data.add(t.set());
    } while (t.accept(' '));
    t.expect(")");
  }

  private Object score() {
    long score = t.number();
    if (score < 1 || score > 100) {
      throw t.wrong("Score");
    }
    return score;
  }

  /// RFC 5256 §4: each thread is numbers and, last, the threads below the last of them.
  void threads() {
    if (!t.accept(' ')) {
      return;
    }
    do {
      thread();
    } while (t.at('('));
  }

  private void thread() {
    // Not by recursion: a thread may be deep.
    int open = 0;
    do {
      t.expect("(");
      data.add("(");
      if (++open > DEEPEST) {
        throw t.wrong("Too deep");
      }
      if (!t.at('(')) {
        data.add(t.nzNumber());
        while (t.accept(' ') && !t.at('(')) {
          data.add(t.nzNumber());
        }
      }
      while (open > 0 && t.at(')')) {
        t.expect(")");
        data.add(")");
        open--;
      }
    } while (open > 0);
  }
}
