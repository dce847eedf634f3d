package mailwing.smtp.dns;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// Questions to a resolver that validates DNSSEC and is trusted to (RFC 7672 §2.1.1): its AD bit is
/// believed. What it finds bogus it answers by SERVFAIL. Nothing is cached: it has a cache.
final class SecuredLookup {
  private static final int MOST_ALIASES = 8;

  private final Resolver resolver;

  SecuredLookup(Resolver resolver) {
    this.resolver = resolver;
  }

  /// Records of a type, where aliases lead to. An answer may hold an alias and not what it leads
  /// to: that is asked for.
  <T> Dns.Secured<T> ask(Name name, int type, Function<Record, T> read) throws DnsFailureException {
    boolean secure = true;
    Name at = name;
    for (int i = 0; i < MOST_ALIASES; i++) {
      Message answer = answer(at, type);
      secure &= answer.getHeader().getFlag(Flags.AD);
      Name end = target(answer, at);
      List<T> records =
          answer.getSection(Section.ANSWER).stream()
              .filter(found -> found.getType() == type && found.getName().equals(end))
              .map(read)
              .toList();
      if (!records.isEmpty() || end.equals(at)) {
        return new Dns.Secured<>(records, secure, end.toString(true));
      }
      at = end;
    }
    throw new DnsFailureException("aliases without end");
  }

  /// Where the aliases of one answer lead to.
  private static Name target(Message answer, Name from) throws DnsFailureException {
    Name at = from;
    for (int i = 0; i <= MOST_ALIASES; i++) {
      Name next = at;
      for (Record found : answer.getSection(Section.ANSWER)) {
        if (found instanceof CNAMERecord alias && alias.getName().equals(at)) {
          next = alias.getTarget();
        }
      }
      if (next.equals(at)) {
        return at;
      }
      at = next;
    }
    throw new DnsFailureException("aliases without end");
  }

  boolean isSecureAlias(Name name) throws DnsFailureException {
    Message answer = answer(name, Type.CNAME);
    return answer.getHeader().getFlag(Flags.AD)
        && answer.getSection(Section.ANSWER).stream()
            .anyMatch(found -> found instanceof CNAMERecord && found.getName().equals(name));
  }

  private Message answer(Name name, int type) throws DnsFailureException {
    Message question = Message.newQuery(Record.newRecord(name, type, DClass.IN));
    // RFC 6840 §5.7: by this bit a resolver is asked for its own.
    question.getHeader().setFlag(Flags.AD);
    Message answer;
    try {
      answer = resolver.send(question);
    } catch (IOException e) {
      throw new DnsFailureException(String.valueOf(e.getMessage()));
    }
    int code = answer.getRcode();
    if (code != Rcode.NOERROR && code != Rcode.NXDOMAIN) {
      throw new DnsFailureException(Rcode.string(code) + " for " + name + " " + Type.string(type));
    }
    return answer;
  }
}
