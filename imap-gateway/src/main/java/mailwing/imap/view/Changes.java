package mailwing.imap.view;

import java.util.ArrayList;
import java.util.List;

/// What the store said of a mailbox: messages new or changed, UIDs gone, and the head that all of
/// it leads to.
///
/// Filled frame by frame by whoever talks to the store, then given to [SharedMailbox].
public final class Changes {
  final MessageTable messages;
  final List<List<String>> keywordSets = new ArrayList<>(List.of(List.of()));
  final List<UidRange> expunged = new ArrayList<>();

  public Changes() {
    this(0);
  }

  public Changes(int expectedMessages) {
    messages = new MessageTable(expectedMessages);
  }

  /// Adds a set of keywords; messages name it by the number of sets added before it plus one.
  public void addKeywordSet(List<String> keywords) {
    keywordSets.add(List.copyOf(keywords));
  }

  public void addMessage(int uid, int systemFlags, int keywordSet, long modSeq, long size) {
    messages.add(uid, systemFlags, keywordSet, modSeq, size);
  }

  public void addExpunged(int first, int last) {
    expunged.add(new UidRange(first, last));
  }

  public int messageCount() {
    return messages.count();
  }

  public int uid(int index) {
    return messages.uid(index);
  }
}
