package mailwing.imap.view;

/// UIDs from first to last, both included, unsigned.
public record UidRange(int first, int last) {
  public boolean holds(int uid) {
    return Integer.compareUnsigned(uid, first) >= 0 && Integer.compareUnsigned(uid, last) <= 0;
  }
}
