package mailwing.imap.protocol;

import java.io.IOException;
import java.util.List;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.PartialRange;
import mailwing.imap.command.SequenceSet.Range;
import org.jspecify.annotations.Nullable;

/// Writes what SEARCH, SORT and THREAD found (RFC 9051 §7.3.4, RFC 3501 §7.2.5, RFC 5256 §4).
public final class SearchWriter {
  private final TokenWriter to;

  SearchWriter(TokenWriter to) {
    this.to = to;
  }

  /// Begins SEARCH or SORT of RFC 3501 and RFC 5256; [SearchLine#end] must follow.
  public SearchLine search(boolean sort) throws IOException {
    to.raw(sort ? "* SORT" : "* SEARCH");
    return new SearchLine();
  }

  /// A SEARCH or SORT response as its numbers come in.
  public final class SearchLine {
    private SearchLine() {}

    public void add(long number) throws IOException {
      to.sp().number(number);
    }

    /// Ends the line.
    ///
    /// @param modSeq the highest of what was found, 0 where none is to be told (RFC 7162 §3.1.5)
    public void end(long modSeq) throws IOException {
      if (modSeq > 0) {
        to.raw(" (MODSEQ ").number(modSeq).raw(")");
      }
      to.crlf();
    }
  }

  /// What ESEARCH tells (RFC 9051 §7.3.4): 0, -1 for count, or null where not told.
  ///
  /// @param all ranges; empty where nothing was found: then ALL is left out
  /// @param relevancies RFC 6203 §4: of what ALL or PARTIAL tells
  /// @param partial with `partialResult`, RFC 9394 §3.1; an empty result is NIL
  public record Esearch(
      long min,
      long max,
      long count,
      @Nullable List<Range> all,
      long modSeq,
      @Nullable PartialRange partial,
      List<Range> partialResult,
      @Nullable List<Integer> relevancies) {}

  /// What an ESEARCH response belongs to: a command and, where it may search several mailboxes, one
  /// of them (RFC 7377 §2.1).
  ///
  /// @param mailbox null: the selected one
  public record Correlator(String tag, @Nullable MailboxName mailbox, long uidValidity) {
    public static Correlator of(String tag) {
      return new Correlator(tag, null, 0);
    }
  }

  private void correlator(Correlator of) throws IOException {
    to.raw("* ESEARCH (TAG ").string(of.tag());
    MailboxName mailbox = of.mailbox();
    if (mailbox != null) {
      to.raw(" MAILBOX ").mailbox(mailbox).raw(" UIDVALIDITY ").number(of.uidValidity());
    }
    to.raw(")");
  }

  /// UIDBATCHES (RFC 10022 §3.1.2): ranges with their higher UID first.
  public void uidBatches(String tag, List<Range> batches) throws IOException {
    to.raw("* UIDBATCHES (TAG ").string(tag).raw(")");
    String before = " ";
    for (Range batch : batches) {
      to.raw(before).number(batch.last()).raw(":").number(batch.first());
      before = ",";
    }
    to.crlf();
  }

  /// ESEARCH, correlated to its command.
  public void esearch(Correlator of, boolean uid, Esearch data) throws IOException {
    correlator(of);
    to.raw(uid ? " UID" : "");
    items(data);
  }

  private void items(Esearch data) throws IOException {
    esearchNumber(" MIN ", data.min(), 1);
    esearchNumber(" MAX ", data.max(), 1);
    esearchNumber(" COUNT ", data.count(), 0);
    if (data.all() != null && !data.all().isEmpty()) {
      to.raw(" ALL ").ranges(data.all());
    }
    PartialRange partial = data.partial();
    if (partial != null) {
      to.raw(" PARTIAL (").number(partial.first()).raw(":").number(partial.last()).sp();
      if (data.partialResult().isEmpty()) {
        to.nil();
      } else {
        to.ranges(data.partialResult());
      }
      to.raw(")");
    }
    List<Integer> relevancies = data.relevancies();
    if (relevancies != null) {
      String before = " RELEVANCY (";
      for (int relevancy : relevancies) {
        to.raw(before).number(relevancy);
        before = " ";
      }
      to.raw(relevancies.isEmpty() ? " RELEVANCY ()" : ")");
    }
    esearchNumber(" MODSEQ ", data.modSeq(), 1);
    to.crlf();
  }

  /// What came to a result or left it (RFC 5267 §4.3.2): messages from a position on, which is 0
  /// where there is no order but the mailbox's.
  public record Moved(int position, List<Range> messages) {}

  /// REMOVEFROM and ADDTO of a context.
  public void update(Correlator context, boolean uid, List<Moved> removed, List<Moved> added)
      throws IOException {
    correlator(context);
    to.raw(uid ? " UID" : "");
    moved(" REMOVEFROM (", removed);
    moved(" ADDTO (", added);
    to.crlf();
  }

  private void moved(String name, List<Moved> moved) throws IOException {
    String before = name;
    for (Moved one : moved) {
      to.raw(before).number(one.position()).sp().ranges(one.messages());
      before = " ";
    }
    if (!moved.isEmpty()) {
      to.raw(")");
    }
  }

  private void esearchNumber(String name, long number, long least) throws IOException {
    if (number >= least) {
      to.raw(name).number(number);
    }
  }

  /// Threads: a walk through trees, each message before those below it.
  ///
  /// @param numbers 0 where one stands in for a message that is not there, which only the first of
  ///   a thread with several messages below it does
  /// @param depths 0 for the first of a thread
  /// @param count how many of both arrays are used
  public void threads(long[] numbers, int[] depths, int count) throws IOException {
    to.raw("* THREAD");
    if (count > 0) {
      to.sp();
    }
    boolean[] alone = alone(depths, count);
    int[] open = new int[count];
    int opened = 0;
    for (int i = 0; i < count; i++) {
      while (opened > 0 && open[opened - 1] >= depths[i]) {
        to.raw(")");
        opened--;
      }
      if (depths[i] > 0 && alone[i]) {
        to.sp();
      } else {
        boolean first = depths[i] > 0 && depths[i - 1] < depths[i];
        to.raw(first && numbers[i - 1] != 0 ? " (" : "(");
        open[opened++] = depths[i];
      }
      if (numbers[i] != 0) {
        to.number(numbers[i]);
      }
    }
    for (; opened > 0; opened--) {
      to.raw(")");
    }
    to.crlf();
  }

  /// Which messages are the only ones below theirs: they stand in its list, without one of their
  /// own.
  private static boolean[] alone(int[] depths, int count) {
    boolean[] alone = new boolean[count];
    // The latest message of each depth in the present branch.
    int[] latest = new int[count + 1];
    int deepest = -1;
    for (int i = 0; i < count; i++) {
      int depth = depths[i];
      alone[i] = depth > deepest;
      if (depth <= deepest) {
        alone[latest[depth]] = false;
      }
      latest[depth] = i;
      deepest = depth;
    }
    return alone;
  }
}
