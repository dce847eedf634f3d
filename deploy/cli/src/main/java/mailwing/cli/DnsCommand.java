package mailwing.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import mailwing.service.ConfigException;
import mailwing.service.PublishedPolicy;
import mailwing.store.v1.DkimKey;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// What is to be in the DNS for a domain whose mail comes here.
@Command(
    name = "dns",
    description = "Prints the DNS records of a domain, as a zone file has them.",
    mixinStandardHelpOptions = true)
public final class DnsCommand implements Runnable {
  @Spec CommandSpec spec;

  @Parameters(paramLabel = "DOMAIN", description = "Such as example.org.")
  String domain = "";

  @Option(
      names = "--mx",
      paramLabel = "HOST",
      required = true,
      description = "A host that takes its mail, the best first: the gateways' host-name.")
  List<String> hosts = List.of();

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description = "The hosts' certificate, PEM: its TLSA records (for DANE) are printed.")
  @Nullable Path certificate;

  @Option(
      names = "--mta-sts",
      paramLabel = "MODE",
      description = "testing, enforce or none, as mta-sts.mode of the gateways has it.")
  @Nullable String mode;

  @Option(
      names = "--mta-sts-hosts",
      paramLabel = "HOST",
      split = ",",
      description = "As mta-sts.hosts has it; without, the first --mx.")
  List<String> policyHosts = List.of();

  @Option(
      names = "--mta-sts-days",
      paramLabel = "DAYS",
      description = "As mta-sts.max-age has it; without, 7.")
  int days = 7;

  @Option(
      names = "--reports",
      paramLabel = "ADDRESS",
      description = "Who gets reports about TLS and DMARC; without, postmaster there.")
  @Nullable String reports;

  @Option(
      names = "--without-keys",
      description = "Leave out the DKIM keys: then no store is asked.")
  boolean withoutKeys;

  @Mixin StoreOptions store = new StoreOptions();

  @Override
  public void run() {
    PrintWriter out = spec.commandLine().getOut();
    String to = reports == null ? "postmaster@" + domain : reports;
    check(domain);
    hosts.forEach(this::check);
    if (!to.matches("[!-~&&[^<>\",;!]]+@[A-Za-z0-9.-]+")) {
      throw new ParameterException(spec.commandLine(), "no address: " + to);
    }
    int preference = 10;
    for (String host : hosts) {
      line(out, domain, "MX", preference + " " + host + ".");
      preference += 10;
    }
    line(out, domain, "TXT", "\"v=spf1 mx -all\"");
    line(out, "_dmarc." + domain, "TXT", "\"v=DMARC1; p=none; rua=mailto:" + to + "\"");
    line(out, "_smtp._tls." + domain, "TXT", "\"v=TLSRPTv1; rua=mailto:" + to + "\"");
    if (mode != null) {
      policy(out, mode);
    }
    if (certificate != null) {
      associations(out, certificate);
    }
    if (!withoutKeys) {
      Admin.with(
          store,
          client -> {
            for (DkimKey key : DkimCommand.keys(client, domain)) {
              out.println("; " + DkimCommand.note(key));
              out.println(DkimCommand.record(key));
            }
          });
    }
  }

  private void check(String name) {
    if (name.length() > 253 || !name.matches("[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*")) {
      throw new ParameterException(spec.commandLine(), "no name of the DNS, in A-labels: " + name);
    }
  }

  private void policy(PrintWriter out, String chosen) {
    PublishedPolicy policy;
    try {
      policy =
          new PublishedPolicy(
              PublishedPolicy.Mode.valueOf(chosen.toUpperCase(Locale.ROOT)),
              policyHosts.isEmpty() ? List.of(hosts.getFirst()) : policyHosts,
              Duration.ofDays(days));
    } catch (ConfigException | IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    line(out, "_mta-sts." + domain, "TXT", "\"v=STSv1; id=" + policy.id() + ";\"");
    out.println(
        "; and https://mta-sts." + domain + PublishedPolicy.PATH + ", served by a gateway:");
    policy.text().lines().forEach(line -> out.println(";   " + line));
  }

  /// DANE-EE of the key: holds for renewed certificates of the same key (RFC 7672 §3.1.1).
  private void associations(PrintWriter out, Path file) {
    String digest;
    try (InputStream in = Files.newInputStream(file)) {
      Certificate leaf = CertificateFactory.getInstance("X.509").generateCertificate(in);
      digest =
          HexFormat.of()
              .formatHex(
                  MessageDigest.getInstance("SHA-256").digest(leaf.getPublicKey().getEncoded()));
    } catch (IOException | GeneralSecurityException e) {
      throw new CliException(file + " holds no certificate: " + e.getMessage());
    }
    out.println("; only where DNSSEC signs the zone; before the key changes, add the next key's:");
    for (String host : hosts) {
      line(out, "_25._tcp." + host, "TLSA", "3 1 1 " + digest);
    }
  }

  private static void line(PrintWriter out, String name, String type, String data) {
    out.println(name.toLowerCase(Locale.ROOT) + ". IN " + type + " " + data);
  }
}
