package mailwing.smtp.queue;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedTrustManager;
import mailwing.smtp.client.Dialog;
import mailwing.smtp.client.HostException;
import mailwing.smtp.client.HostReply;
import mailwing.smtp.queue.HostPolicies.Policy;
import mailwing.smtp.report.TlsTally;
import mailwing.smtp.sts.StsException;
import mailwing.smtp.sts.StsPolicy;
import mailwing.smtp.tls.HostTrust;
import mailwing.smtp.tls.TlsFailure;
import mailwing.smtp.tls.UntrustedException;
import mailwing.store.v1.TlsPolicyUsed;
import org.jspecify.annotations.Nullable;

/// Connects to hosts as their domains' policies, the configuration and the message want it, and
/// counts what came of it for the domains' reports.
final class Connector {
  /// What needs TLS and does not get it (RFC 5248: X.7.10, Encryption Needed).
  static final String NO_TLS = "4.7.10";

  private final OutboundConfig config;
  private final HostPolicies policies;
  private final TlsTally tally;
  private final String own;
  private final X509ExtendedTrustManager roots;
  private final SSLContext anyone = HostTrust.anyone().context();

  /// @param own the name that this host greets with
  /// @param roots whom certificates have to come from
  Connector(
      OutboundConfig config,
      HostPolicies policies,
      TlsTally tally,
      String own,
      X509ExtendedTrustManager roots) {
    this.config = config;
    this.policies = policies;
    this.tally = tally;
    this.own = own;
    this.roots = roots;
  }

  /// What to do about TLS.
  ///
  /// @param encryption null: nothing
  /// @param required in the clear nothing is sent
  /// @param trust what judges the certificate; null where nothing does
  private record Plan(
      Dialog.@Nullable Encryption encryption, boolean required, @Nullable HostTrust trust) {}

  /// A dialog that is ready for MAIL. HostException where the host cannot be used now.
  Destination.Line open(NextHops.Host host, Assurance need) throws IOException {
    if (host.tls() != OutboundConfig.Tls.OPPORTUNISTIC) {
      return configured(host, need);
    }
    if (need == Assurance.NONE) {
      return new Destination.Line(opportunistic(host, null), host.name(), Assurance.NONE, "");
    }
    Policy policy = policies.of(host);
    return switch (policy) {
      case Policy.Unknown(String why) -> {
        count(host, "", policy.used(), TlsFailure.DNSSEC_INVALID, why);
        throw new HostException("4.4.3", why);
      }
      case Policy.Dane dane -> dane(host, need, dane);
      case Policy.Sts sts -> sts(host, need, sts);
      case Policy.Nothing nothing -> without(host, need, nothing);
    };
  }

  /// The operator's word.
  private Destination.Line configured(NextHops.Host host, Assurance need) throws IOException {
    if (host.tls() == OutboundConfig.Tls.NONE) {
      if (need == Assurance.VERIFIED) {
        throw new HostException(NO_TLS, "the configured host is spoken to in the clear");
      }
      Dialog dialog = dial(host, new Plan(null, false, null), new Attempt());
      return new Destination.Line(dialog, host.name(), Assurance.POLICY, "");
    }
    return new Destination.Line(
        dial(host, verified(host), new Attempt()), host.name(), Assurance.VERIFIED, "PKIX");
  }

  private Plan verified(NextHops.Host host) {
    HostTrust trust = HostTrust.pkix(roots, List.of(host.name()), true);
    return new Plan(new Dialog.Encryption(trust.context(), host.name()), true, trust);
  }

  /// RFC 7672 §2.2: with records of which none can be used TLS is needed, and no certificate.
  private Destination.Line dane(NextHops.Host host, Assurance need, Policy.Dane dane)
      throws IOException {
    String base = dane.found().base();
    if (!dane.found().records().areUsable()) {
      count(host, "", dane.used(), TlsFailure.TLSA_INVALID, "no TLSA record is usable");
      Plan plan =
          need == Assurance.VERIFIED
              ? verified(host)
              : new Plan(new Dialog.Encryption(anyone, base), true, null);
      return new Destination.Line(
          counted(host, plan, dane.used()),
          host.name(),
          need == Assurance.VERIFIED ? need : Assurance.POLICY,
          "");
    }
    List<String> names =
        Stream.concat(Stream.of(base), host.origin().names().stream()).distinct().toList();
    HostTrust trust = HostTrust.dane(dane.found().records(), names);
    Plan plan = new Plan(new Dialog.Encryption(trust.context(), base), true, trust);
    return new Destination.Line(
        counted(host, plan, dane.used()), host.name(), Assurance.VERIFIED, "DANE");
  }

  /// RFC 8461 §5: what fails under `enforce` is not used, under `testing` it is reported.
  private Destination.Line sts(NextHops.Host host, Assurance need, Policy.Sts sts)
      throws IOException {
    boolean enforced = sts.policy().mode() == StsPolicy.Mode.ENFORCE || need == Assurance.VERIFIED;
    if (!sts.policy().names(host.name())) {
      String why = "the MTA-STS policy does not name the host";
      count(host, "", sts.used(), TlsFailure.VALIDATION_FAILURE, why);
      if (enforced) {
        throw new HostException(NO_TLS, why + " " + host.name());
      }
      return new Destination.Line(opportunistic(host, null), host.name(), Assurance.POLICY, "");
    }
    HostTrust trust = HostTrust.pkix(roots, List.of(host.name()), enforced);
    Plan plan = new Plan(new Dialog.Encryption(trust.context(), host.name()), enforced, trust);
    Dialog dialog = counted(host, plan, sts.used());
    boolean verified = !dialog.tls().isEmpty() && trust.problem() == null;
    return new Destination.Line(
        dialog,
        host.name(),
        verified ? Assurance.VERIFIED : Assurance.POLICY,
        verified ? "MTA-STS" : "");
  }

  private Destination.Line without(NextHops.Host host, Assurance need, Policy.Nothing nothing)
      throws IOException {
    if (nothing.problem().isPresent()) {
      StsException problem = nothing.problem().get();
      count(
          host,
          "",
          TlsPolicyUsed.newBuilder().setType(TlsPolicyUsed.Type.STS).build(),
          problem.failure(),
          problem.reason());
    }
    if (need != Assurance.VERIFIED) {
      return new Destination.Line(
          opportunistic(host, nothing.used()), host.name(), Assurance.POLICY, "");
    }
    if (!host.origin().vouched()) {
      throw new HostException(
          NO_TLS, "neither DNSSEC nor MTA-STS vouches for the name of " + host.name());
    }
    return new Destination.Line(
        counted(host, verified(host), nothing.used()), host.name(), Assurance.VERIFIED, "PKIX");
  }

  private Dialog opportunistic(NextHops.Host host, @Nullable TlsPolicyUsed used)
      throws IOException {
    Plan plan = new Plan(new Dialog.Encryption(anyone, host.name()), false, null);
    return used == null ? fallingBack(host, plan, new Attempt()) : counted(host, plan, used);
  }

  /// What became of TLS with one host.
  private static final class Attempt {
    private boolean told;
    private String sendingIp = "";
    private @Nullable TlsFailure failure;
    private String reason = "";

    /// The host could be asked for TLS.
    void begins(Dialog dialog) {
      told = true;
      sendingIp = dialog.localAddress();
    }

    void failed(TlsFailure how, String why) {
      failure = how;
      reason = why;
    }
  }

  private Dialog counted(NextHops.Host host, Plan plan, TlsPolicyUsed used) throws IOException {
    Attempt attempt = new Attempt();
    try {
      Dialog dialog = fallingBack(host, plan, attempt);
      UntrustedException problem = plan.trust() == null ? null : plan.trust().problem();
      if (problem != null) {
        attempt.failed(problem.failure(), String.valueOf(problem.getMessage()));
      }
      return dialog;
    } finally {
      if (attempt.told) {
        count(host, attempt.sendingIp, used, attempt.failure, attempt.reason);
      }
    }
  }

  private void count(
      NextHops.Host host,
      String sendingIp,
      TlsPolicyUsed used,
      @Nullable TlsFailure failure,
      String reason) {
    if (!host.origin().domain().isEmpty()) {
      tally.count(
          host.origin().domain(),
          used,
          failure == null
              ? Optional.empty()
              : Optional.of(
                  new TlsTally.Failed(
                      failure,
                      sendingIp,
                      host.name(),
                      host.address().getAddress().getHostAddress(),
                      reason)));
    }
  }

  /// RFC 7435: where TLS is there but does not work and is not needed, mail goes in the clear.
  private Dialog fallingBack(NextHops.Host host, Plan plan, Attempt attempt) throws IOException {
    try {
      return dial(host, plan, attempt);
    } catch (HostException e) {
      if (!e.status().equals(Dialog.NO_HANDSHAKE)) {
        throw e;
      }
      UntrustedException untrusted = UntrustedException.in(e);
      attempt.failed(
          untrusted == null ? TlsFailure.VALIDATION_FAILURE : untrusted.failure(),
          String.valueOf(untrusted == null ? e.getMessage() : untrusted.getMessage()));
      if (plan.required()) {
        throw e;
      }
      return dial(host, new Plan(null, false, null), new Attempt());
    }
  }

  private Dialog dial(NextHops.Host host, Plan plan, Attempt attempt) throws IOException {
    Dialog dialog =
        Dialog.connect(
            host.address(),
            own,
            config.times(),
            host.tls() == OutboundConfig.Tls.IMPLICIT ? plan.encryption() : null);
    boolean ready = false;
    try {
      HostReply greeting = expect(dialog.greeting());
      String first = greeting.lines().getFirst();
      if (first.toLowerCase(Locale.ROOT).split(" ", 2)[0].equals(own.toLowerCase(Locale.ROOT))) {
        throw new HostException("4.4.6", "the host at " + host.address() + " is this one");
      }
      expect(dialog.greet());
      if (plan.encryption() != null && dialog.tls().isEmpty()) {
        attempt.begins(dialog);
        encrypt(dialog, plan, plan.encryption(), attempt);
      }
      boolean strict =
          host.tls() == OutboundConfig.Tls.VERIFIED || host.tls() == OutboundConfig.Tls.IMPLICIT;
      if (strict && config.login().isPresent()) {
        OutboundConfig.Login login = config.login().get();
        expect(dialog.authenticate(login.user(), login.password()));
      }
      ready = true;
      return dialog;
    } finally {
      if (!ready) {
        dialog.abort();
      }
    }
  }

  private static void encrypt(
      Dialog dialog, Plan plan, Dialog.Encryption encryption, Attempt attempt) throws IOException {
    if (!dialog.offers("STARTTLS")) {
      attempt.failed(TlsFailure.STARTTLS_NOT_SUPPORTED, "");
      if (plan.required()) {
        throw new HostException(NO_TLS, "the host offers no TLS");
      }
      return;
    }
    HostReply reply = dialog.startTls(encryption);
    if (reply.isPositive()) {
      expect(dialog.greet());
      return;
    }
    attempt.failed(TlsFailure.STARTTLS_NOT_SUPPORTED, reply.text().lines().findFirst().orElse(""));
    if (plan.required()) {
      throw refused(reply);
    }
  }

  /// A host that does not greet is tried again later, whatever it says: another one may (RFC 5321
  /// §4.2.1, §5.1).
  private static HostReply expect(HostReply reply) throws HostException {
    if (!reply.isPositive()) {
      throw refused(reply);
    }
    return reply;
  }

  private static HostException refused(HostReply reply) {
    String status = reply.status();
    return new HostException("4" + status.substring(1), reply.text());
  }
}
