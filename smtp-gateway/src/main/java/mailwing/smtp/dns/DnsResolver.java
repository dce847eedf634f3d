package mailwing.smtp.dns;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Cache;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedResolver;
import org.xbill.DNS.MXRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.TLSARecord;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;
import org.xbill.DNS.lookup.LookupSession;
import org.xbill.DNS.lookup.NoSuchDomainException;
import org.xbill.DNS.lookup.NoSuchRRSetException;

/// The DNS by dnsjava, with a cache that all sessions share.
public final class DnsResolver implements Dns {
  private static final int CACHED = 50_000;

  /// What a question may take over all servers and tries, as a multiple of one try.
  private static final int TRIES = 2;

  private final LookupSession session;
  private final @Nullable SecuredLookup secured;
  private final Duration time;

  /// A resolver that asks these servers; the machine's own where there are none.
  ///
  /// @param time for one try
  /// @param validates they validate DNSSEC, and what they say of it is believed
  public DnsResolver(List<InetSocketAddress> servers, Duration time, boolean validates)
      throws UnknownHostException {
    List<Resolver> resolvers = new ArrayList<>();
    for (InetSocketAddress server : servers) {
      resolvers.add(new SimpleResolver(server));
    }
    ExtendedResolver resolver =
        resolvers.isEmpty() ? new ExtendedResolver() : new ExtendedResolver(resolvers);
    resolver.setRetries(TRIES);
    resolver.setTimeout(time);
    Cache cache = new Cache(DClass.IN);
    cache.setMaxEntries(CACHED);
    this.session = LookupSession.builder().resolver(resolver).cache(cache).build();
    this.secured = validates ? new SecuredLookup(resolver) : null;
    this.time = time.multipliedBy(TRIES);
  }

  @Override
  public List<String> texts(String name) throws DnsFailureException {
    List<String> texts = new ArrayList<>();
    for (Record found : ask(name, Type.TXT)) {
      if (found instanceof TXTRecord text) {
        StringBuilder whole = new StringBuilder();
        for (byte[] part : text.getStringsAsByteArrays()) {
          whole.append(new String(part, StandardCharsets.ISO_8859_1));
        }
        texts.add(whole.toString());
      }
    }
    return texts;
  }

  @Override
  public List<InetAddress> addresses(String name, Family family) throws DnsFailureException {
    return ask(name, type(family)).stream().map(DnsResolver::address).toList();
  }

  @Override
  public List<Exchange> exchanges(String name) throws DnsFailureException {
    return ask(name, Type.MX).stream()
        .map(DnsResolver::exchange)
        .sorted(Comparator.comparingInt(Exchange::preference))
        .toList();
  }

  @Override
  public Secured<InetAddress> securedAddresses(String name, Family family)
      throws DnsFailureException {
    Name parsed = parse(name);
    return secured == null || parsed == null
        ? new Secured<>(addresses(name, family), false, name)
        : secured.ask(parsed, type(family), DnsResolver::address);
  }

  @Override
  public Secured<Exchange> securedExchanges(String name) throws DnsFailureException {
    Name parsed = parse(name);
    return secured == null || parsed == null
        ? new Secured<>(exchanges(name), false, name)
        : secured.ask(parsed, Type.MX, DnsResolver::exchange);
  }

  @Override
  public Secured<Association> associations(String name) throws DnsFailureException {
    Name parsed = parse(name);
    return secured == null || parsed == null
        ? new Secured<>(List.of(), false, name)
        : secured.ask(parsed, Type.TLSA, DnsResolver::association);
  }

  @Override
  public boolean isSecureAlias(String name) throws DnsFailureException {
    Name parsed = parse(name);
    return secured != null && parsed != null && secured.isSecureAlias(parsed);
  }

  private static int type(Family family) {
    return family == Family.IPV4 ? Type.A : Type.AAAA;
  }

  // An answer holds records of the type that was asked for.

  private static InetAddress address(Record found) {
    return found instanceof ARecord a ? a.getAddress() : ((AAAARecord) found).getAddress();
  }

  private static Exchange exchange(Record found) {
    MXRecord mx = (MXRecord) found;
    return new Exchange(mx.getPriority(), text(mx.getTarget()));
  }

  private static Association association(Record found) {
    TLSARecord tlsa = (TLSARecord) found;
    return new Association(
        tlsa.getCertificateUsage(),
        tlsa.getSelector(),
        tlsa.getMatchingType(),
        HexFormat.of().formatHex(tlsa.getCertificateAssociationData()));
  }

  @Override
  public List<String> names(InetAddress address) throws DnsFailureException {
    List<String> names = new ArrayList<>();
    for (Record found : ask(ReverseMap.fromAddress(address), Type.PTR)) {
      if (found instanceof PTRRecord pointer) {
        names.add(text(pointer.getTarget()));
      }
    }
    return names;
  }

  private static String text(Name name) {
    return name.toString(true);
  }

  private List<Record> ask(String name, int type) throws DnsFailureException {
    Name parsed = parse(name);
    return parsed == null ? List.of() : ask(parsed, type);
  }

  /// Null for what is no name of the DNS: there can be nothing under it.
  private static @Nullable Name parse(String name) {
    try {
      return Name.fromString(name, Name.root);
    } catch (TextParseException e) {
      return null;
    }
  }

  private List<Record> ask(Name name, int type) throws DnsFailureException {
    try {
      return session
          .lookupAsync(name, type)
          .toCompletableFuture()
          .get(time.toMillis(), TimeUnit.MILLISECONDS)
          .getRecords();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof NoSuchDomainException
          || e.getCause() instanceof NoSuchRRSetException) {
        return List.of();
      }
      throw new DnsFailureException(String.valueOf(e.getCause()));
    } catch (TimeoutException | CancellationException e) {
      throw new DnsFailureException("no answer in time");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DnsFailureException("interrupted");
    }
  }
}
