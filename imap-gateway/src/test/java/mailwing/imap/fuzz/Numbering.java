package mailwing.imap.fuzz;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import mailwing.testkit.imap.ImapResponse;
import org.jspecify.annotations.Nullable;

/// What a client must believe of the selected mailbox after each response, and a complaint where a
/// response says what cannot be (RFC 9051 §7.4, §7.5; RFC 7162 §3.2.10; RFC 9586 §3).
public final class Numbering {
  private static final Set<String> BY_NUMBER = Set.of("FETCH", "STORE", "SEARCH", "SORT", "THREAD");

  private final List<Long> uids = new ArrayList<>();
  private final Set<Long> gone = new HashSet<>();
  private final SortedMap<Long, Set<String>> flags = new TreeMap<>();
  private boolean selected;
  private boolean selecting;
  private boolean notified;
  private boolean uidOnly;
  private boolean qresync;
  private long uidValidity;
  private String mailboxId = "";

  /// A response that a client cannot believe.
  static final class Lie extends AssertionError {
    private static final long serialVersionUID = 1L;

    Lie(String what, ImapResponse response) {
      super(what + ": " + response);
    }
  }

  /// UIDs by number, 0 where the client has not been told.
  public List<Long> uids() {
    return uids;
  }

  /// Flags but \Recent by UID, as far as the client has been told.
  public SortedMap<Long, Set<String>> flags() {
    return flags;
  }

  public boolean selected() {
    return selected;
  }

  public boolean uidOnly() {
    return uidOnly;
  }

  public boolean qresync() {
    return qresync;
  }

  public long uidValidity() {
    return uidValidity;
  }

  /// The selected mailbox's MAILBOXID, in its parentheses.
  String mailboxId() {
    return mailboxId;
  }

  void enabled(List<Object> what) {
    uidOnly |= what.contains("UIDONLY");
    qresync |= what.contains("QRESYNC");
  }

  /// NOTIFY says what is told.
  void notifying() {
    notified = true;
  }

  boolean notified() {
    return notified;
  }

  /// SELECT or EXAMINE was sent; until `[CLOSED]` responses are of the mailbox before.
  void selecting() {
    selecting = true;
    if (!selected) {
      forget();
    }
  }

  /// The answer of SELECT or EXAMINE.
  void selected(boolean success) {
    selecting = false;
    selected = success;
    if (!success) {
      forget();
    }
  }

  void closed() {
    selected = false;
    forget();
  }

  void unauthenticated() {
    closed();
    uidOnly = false;
    qresync = false;
    notified = false;
  }

  private void forget() {
    uids.clear();
    gone.clear();
    flags.clear();
  }

  /// An untagged response, while `command` is answered.
  void take(ImapResponse response, String command) {
    switch (response.name()) {
      case "EXISTS" -> exists(response);
      case "RECENT" -> {
        open(response);
        holds(response.number() <= uids.size(), "more are recent than there are", response);
      }
      case "EXPUNGE" -> expunge(response, command);
      case "FETCH" -> fetch(response);
      case "UIDFETCH" -> uidFetch(response);
      case "VANISHED" -> vanished(response, command);
      case "SEARCH", "SORT" -> found(response, command.startsWith("UID ") || uidOnly);
      case "ESEARCH" -> extended(response);
      case "UIDBATCHES" -> batches(response);
      case "OK" -> condition(response, command);
      default -> {}
    }
  }

  private void condition(ImapResponse response, String command) {
    String code = response.code();
    if (code == null) {
      return;
    }
    if (code.equals("CLOSED")) {
      holds(selected, "nothing was to be closed", response);
      holds(selecting || command.equals("DELETE"), "nobody closed it", response);
      selected = false;
      forget();
    } else if (code.startsWith("UIDVALIDITY ")) {
      uidValidity = Long.parseLong(code.substring(12));
    } else if (code.startsWith("MAILBOXID ")) {
      mailboxId = code.substring(10);
    }
  }

  private void open(ImapResponse response) {
    holds(selected || selecting, "no mailbox is selected", response);
  }

  private static void holds(boolean so, String otherwise, ImapResponse response) {
    if (!so) {
      throw new Lie(otherwise, response);
    }
  }

  private void exists(ImapResponse response) {
    open(response);
    holds(response.number() >= uids.size(), "fewer without EXPUNGE", response);
    while (uids.size() < response.number()) {
      uids.add(0L);
    }
  }

  private void expunge(ImapResponse response, String command) {
    open(response);
    holds(!BY_NUMBER.contains(command) || notified, "EXPUNGE during " + command, response);
    holds(!uidOnly && !qresync, "EXPUNGE where VANISHED was asked for", response);
    holds(response.number() <= uids.size(), "number beyond EXISTS", response);
    long uid = uids.remove((int) response.number() - 1);
    if (uid != 0) {
      gone.add(uid);
      flags.remove(uid);
    }
  }

  private void fetch(ImapResponse response) {
    open(response);
    holds(!uidOnly, "number where UIDONLY is on", response);
    holds(response.number() <= uids.size(), "number beyond EXISTS", response);
    Map<String, @Nullable Object> items = response.items();
    if (items.get("UID") instanceof Long uid) {
      int index = (int) response.number() - 1;
      long believed = uids.get(index);
      holds(believed == 0 || believed == uid, "another message than " + believed, response);
      holds(!gone.contains(uid), "a message that is gone", response);
      holds(before(index) < uid && uid < after(index), "UIDs do not ascend", response);
      uids.set(index, uid);
    }
    tell(uids.get((int) response.number() - 1), items.get("FLAGS"));
  }

  private void tell(long uid, @Nullable Object told) {
    if (uid != 0 && told instanceof List<?> list) {
      Set<String> set = new TreeSet<>();
      list.forEach(flag -> set.add(flag.toString()));
      set.remove("\\Recent");
      flags.put(uid, set);
    }
  }

  /// The nearest UID that is known.
  private long before(int index) {
    int i = index - 1;
    while (i >= 0 && uids.get(i) == 0) {
      i--;
    }
    return i < 0 ? 0 : uids.get(i);
  }

  private long after(int index) {
    int i = index + 1;
    while (i < uids.size() && uids.get(i) == 0) {
      i++;
    }
    return i >= uids.size() ? Long.MAX_VALUE : uids.get(i);
  }

  private void uidFetch(ImapResponse response) {
    open(response);
    holds(uidOnly, "UIDFETCH where UIDONLY is off", response);
    holds(place(response.number()) >= 0, "a message that is not there", response);
    tell(response.number(), response.items().get("FLAGS"));
  }

  private void vanished(ImapResponse response, String command) {
    open(response);
    holds(uidOnly || qresync, "VANISHED where nobody asked for it", response);
    boolean earlier = response.data().getFirst().equals("EARLIER");
    for (String range : response.data().getLast().toString().split(",", -1)) {
      String[] ends = range.split(":", -1);
      long first = Long.parseLong(ends[0]);
      long last = Long.parseLong(ends[ends.length - 1]);
      if (earlier) {
        uids.forEach(uid -> holds(uid < first || uid > last, "a message that is known", response));
        continue;
      }
      holds(!BY_NUMBER.contains(command) || notified, "VANISHED during " + command, response);
      holds(last - first < 1_000_000, "too many to have been there", response);
      for (long uid = first; uid <= last; uid++) {
        int place = place(uid);
        holds(place >= 0, uid + " was not there", response);
        uids.remove(place);
        gone.add(uid);
        flags.remove(uid);
      }
    }
  }

  /// Where a message is or may be, -1 if it cannot be there.
  private int place(long uid) {
    if (gone.contains(uid)) {
      return -1;
    }
    int unknown = -1;
    for (int i = 0; i < uids.size(); i++) {
      long known = uids.get(i);
      if (known == uid) {
        return i;
      }
      if (known > uid) {
        return unknown;
      }
      unknown = known == 0 ? i : -1;
    }
    return unknown;
  }

  private void found(ImapResponse response, boolean byUid) {
    open(response);
    for (Object number : response.data()) {
      if (number instanceof Long found) {
        holds(there(found, byUid), found + " is not there", response);
      }
    }
  }

  /// Ranges that descend and do not meet (RFC 10022 §3.1.2).
  private void batches(ImapResponse response) {
    open(response);
    List<Object> ends = response.data();
    long before = Long.MAX_VALUE;
    for (int i = 1; i < ends.size(); i += 2) {
      long high = (Long) ends.get(i);
      long low = (Long) ends.get(i + 1);
      holds(high < before && low <= high, "ranges do not descend", response);
      before = low;
    }
  }

  private boolean there(long number, boolean byUid) {
    return byUid ? place(number) >= 0 : number <= uids.size();
  }

  private void extended(ImapResponse response) {
    List<Object> data = response.data();
    if (!(selected || selecting) || data.contains("MAILBOX")) {
      return;
    }
    boolean byUid = data.contains("UID") || uidOnly;
    for (int i = 0; i + 1 < data.size(); i++) {
      Object value = data.get(i + 1);
      if (value instanceof Long found && Set.of("MIN", "MAX").contains(data.get(i))) {
        holds(there(found, byUid), found + " is not there", response);
      } else if (data.get(i).equals("ALL") && value instanceof String set && !byUid) {
        for (String number : set.split("[:,]", -1)) {
          holds(there(Long.parseLong(number), false), number + " is not there", response);
        }
      }
    }
  }
}
