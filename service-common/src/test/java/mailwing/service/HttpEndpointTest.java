package mailwing.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class HttpEndpointTest {
  private enum Kind {
    GOOD,
    BAD
  }

  private static HttpResponse<String> get(HttpEndpoint endpoint, String path)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + endpoint.port() + path)).build(),
          BodyHandlers.ofString());
    }
  }

  @Test
  void readinessFollowsTheChecksOfAllServices() throws Exception {
    AtomicBoolean holds = new AtomicBoolean(true);
    try (HttpEndpoint endpoint = HttpEndpoint.start("127.0.0.1", 0, new Metrics())) {
      endpoint.readyWhen("one", () -> true);
      endpoint.readyWhen("two", holds::get);
      assertThat(get(endpoint, "/health/ready").statusCode()).isEqualTo(503);
      assertThat(get(endpoint, "/health/live").statusCode()).isEqualTo(200);
      endpoint.started();
      assertThat(get(endpoint, "/health/ready").statusCode()).isEqualTo(200);
      holds.set(false);
      HttpResponse<String> down = get(endpoint, "/health/ready");
      assertThat(down.statusCode()).isEqualTo(503);
      assertThat(down.body()).contains("one=up", "two=down");
    }
  }

  @Test
  void ourMtaStsPolicyIsServedAsItIs() throws Exception {
    PublishedPolicy policy =
        new PublishedPolicy(
            PublishedPolicy.Mode.TESTING,
            List.of("mx.example.org", "*.example.net"),
            Duration.ofDays(7));
    try (HttpEndpoint endpoint =
        HttpEndpoint.start(
            "127.0.0.1", 0, new Metrics(), Map.of(PublishedPolicy.PATH, policy.text()))) {
      HttpResponse<String> served = get(endpoint, "/.well-known/mta-sts.txt");
      assertThat(served.statusCode()).isEqualTo(200);
      assertThat(served.headers().firstValue("content-type")).contains("text/plain");
      assertThat(served.body())
          .isEqualTo(
              """
              version: STSv1
              mode: testing
              mx: mx.example.org
              mx: *.example.net
              max_age: 604800
              """
                  .replace("\n", "\r\n"));
    }
  }

  @Test
  void metricsAreInPrometheusForm() throws Exception {
    Metrics metrics = new Metrics();
    metrics.counter("mail_things_total", "Things.", "kind", Kind.class).get(Kind.BAD).add(3);
    metrics.counter("mail_things_total", "Things.", "kind", Kind.class).get(Kind.BAD).increment();
    metrics.timer("mail_time_seconds", "Time.").recordNanos(2_000_000);
    metrics.gauge("mail_open", "Open.", () -> 2);
    AutoCloseable second = metrics.gauge("mail_open", "Open.", () -> 5);
    try (HttpEndpoint endpoint = HttpEndpoint.start("127.0.0.1", 0, metrics)) {
      assertThat(get(endpoint, "/metrics").body())
          .contains(
              "# TYPE mail_things_total counter\n",
              "mail_things_total{kind=\"good\"} 0\n",
              "mail_things_total{kind=\"bad\"} 4\n",
              "mail_time_seconds_bucket{le=\"0.001\"} 0\n",
              "mail_time_seconds_bucket{le=\"0.0025\"} 1\n",
              "mail_time_seconds_bucket{le=\"+Inf\"} 1\n",
              "mail_time_seconds_sum 0.002\n",
              "mail_time_seconds_count 1\n",
              "mail_open 7\n");
      second.close();
      assertThat(get(endpoint, "/metrics").body()).contains("mail_open 2\n");
    }
  }
}
