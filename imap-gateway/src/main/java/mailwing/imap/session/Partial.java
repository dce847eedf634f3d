package mailwing.imap.session;

import mailwing.imap.command.PartialRange;

/// Places in a list, `[from, to)`, both 0 where there are none.
record Partial(int from, int to) {
  /// What a range means of so many results (RFC 9394 §3.1): `1:10` the first ten, `-1:-10` the
  /// last.
  static Partial of(PartialRange range, int count) {
    long from = range.first() > 0 ? range.first() - 1 : count + range.last();
    long to = range.first() > 0 ? range.last() : count + range.first() + 1;
    from = Math.max(0, from);
    to = Math.min(count, to);
    return from < to ? new Partial((int) from, (int) to) : new Partial(0, 0);
  }
}
