package mailwing.store.mime;

import com.google.protobuf.ByteString;
import java.util.List;
import mailwing.store.v1.Address;
import mailwing.store.v1.Envelope;

/// Makes sort keys of an envelope.
final class SortKeyMaker {
  private SortKeyMaker() {}

  static SortKeys make(Envelope envelope) {
    BaseSubject subject = BaseSubject.of(EncodedWords.decode(envelope.getSubject()));
    SentDate date = SentDate.parse(envelope.getDate());
    return new SortKeys(
        key(subject.text()),
        subject.replyOrForward(),
        date == null ? null : date.millis(),
        date == null ? null : date.day(),
        mailbox(envelope.getFromList()),
        mailbox(envelope.getToList()),
        mailbox(envelope.getCcList()),
        display(envelope.getFromList()),
        display(envelope.getToList()));
  }

  private static String key(String text) {
    String cut = text;
    if (text.length() > MimeLimits.SORT_KEY_LENGTH) {
      cut = cut(text, MimeLimits.SORT_KEY_LENGTH);
    }
    return Charsets.storable(cut(UnicodeCasemap.map(cut), MimeLimits.SORT_KEY_LENGTH));
  }

  static String cut(String text, int length) {
    if (text.length() <= length) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length;
    return text.substring(0, end);
  }

  private static String mailbox(List<Address> addresses) {
    return addresses.isEmpty() ? "" : key(text(addresses.getFirst().getMailbox()));
  }

  /// RFC 5957 section 3.
  private static String display(List<Address> addresses) {
    if (addresses.isEmpty()) {
      return "";
    }
    Address address = addresses.getFirst();
    if (address.hasName()) {
      return key(EncodedWords.decode(address.getName()));
    }
    String mailbox = text(address.getMailbox());
    return key(address.hasHost() ? mailbox + "@" + text(address.getHost()) : mailbox);
  }

  private static String text(ByteString octets) {
    return EncodedWords.raw(octets.toByteArray());
  }
}
