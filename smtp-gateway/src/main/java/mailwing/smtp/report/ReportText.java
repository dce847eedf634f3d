package mailwing.smtp.report;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mailwing.store.v1.TlsPolicyUsed;
import mailwing.store.v1.TlsReport;
import mailwing.store.v1.TlsSessionCount;
import mailwing.store.v1.TlsSessions;

/// A report in JSON (RFC 8460 §4.4).
final class ReportText {
  private ReportText() {}

  /// @param organization who sends it
  /// @param contact an address there
  static JsonObject of(TlsReport report, String organization, String contact) {
    Map<TlsPolicyUsed, List<TlsSessionCount>> byPolicy = new LinkedHashMap<>();
    for (TlsSessionCount count : report.getCountsList()) {
      byPolicy
          .computeIfAbsent(count.getSessions().getPolicy(), policy -> new ArrayList<>())
          .add(count);
    }
    JsonArrayBuilder policies = Json.createArrayBuilder();
    byPolicy.forEach((policy, counts) -> policies.add(policy(report.getDomain(), policy, counts)));
    return Json.createObjectBuilder()
        .add("organization-name", organization)
        .add(
            "date-range",
            Json.createObjectBuilder()
                .add("start-datetime", begin(report).toString())
                .add("end-datetime", end(report).toString()))
        .add("contact-info", contact)
        .add("report-id", report.getReportId())
        .add("policies", policies)
        .build();
  }

  static Instant begin(TlsReport report) {
    return LocalDate.ofEpochDay(report.getDay()).atStartOfDay().toInstant(ZoneOffset.UTC);
  }

  /// The day's last second.
  static Instant end(TlsReport report) {
    return begin(report).plusSeconds(24 * 3600 - 1);
  }

  private static JsonObjectBuilder policy(
      String domain, TlsPolicyUsed policy, List<TlsSessionCount> counts) {
    long good = 0;
    long bad = 0;
    JsonArrayBuilder details = Json.createArrayBuilder();
    for (TlsSessionCount count : counts) {
      if (count.getSessions().getFailure().isEmpty()) {
        good += count.getCount();
      } else {
        bad += count.getCount();
        details.add(detail(count.getSessions(), count.getCount()));
      }
    }
    JsonObjectBuilder used =
        Json.createObjectBuilder()
            .add(
                "policy-type",
                switch (policy.getType()) {
                  case STS -> "sts";
                  case TLSA -> "tlsa";
                  case NO_POLICY_FOUND, TYPE_UNSPECIFIED, UNRECOGNIZED -> "no-policy-found";
                });
    if (policy.getTextCount() > 0) {
      used.add("policy-string", strings(policy.getTextList()));
    }
    used.add("policy-domain", domain);
    if (policy.getMxCount() > 0) {
      used.add("mx-host", strings(policy.getMxList()));
    }
    JsonObjectBuilder all =
        Json.createObjectBuilder()
            .add("policy", used)
            .add(
                "summary",
                Json.createObjectBuilder()
                    .add("total-successful-session-count", good)
                    .add("total-failure-session-count", bad));
    JsonArray failures = details.build();
    return failures.isEmpty() ? all : all.add("failure-details", failures);
  }

  private static JsonArrayBuilder strings(List<String> texts) {
    return Json.createArrayBuilder(texts);
  }

  private static JsonObjectBuilder detail(TlsSessions sessions, long count) {
    JsonObjectBuilder detail = Json.createObjectBuilder().add("result-type", sessions.getFailure());
    add(detail, "sending-mta-ip", sessions.getSendingIp());
    add(detail, "receiving-mx-hostname", sessions.getMxHost());
    add(detail, "receiving-ip", sessions.getReceivingIp());
    detail.add("failed-session-count", count);
    add(detail, "failure-reason-code", sessions.getReason());
    return detail;
  }

  private static void add(JsonObjectBuilder object, String name, String value) {
    if (!value.isEmpty()) {
      object.add(name, value);
    }
  }
}
