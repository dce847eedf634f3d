package mailwing.smtp.queue;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.X509ExtendedTrustManager;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreException;
import mailwing.service.Metrics;
import mailwing.smtp.delivery.Deliveries;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.https.HttpsClient;
import mailwing.smtp.report.TlsReports;
import mailwing.smtp.report.TlsTally;
import mailwing.smtp.signing.Signer;
import mailwing.smtp.sts.StsPolicies;
import mailwing.store.v1.LeaseJobsResponse;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueJobRecipient;
import mailwing.store.v1.QueueResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Works the outbound queue: takes jobs under leases that it renews, gives each a thread and a turn
/// at its destination, and reports. Any number of gateways may do so.
public final class QueueWorkers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(QueueWorkers.class);
  private static final int MOST_RECIPIENTS = 500;
  private static final int PER_TRANSACTION = 100;
  private static final Duration DRAIN = Duration.ofSeconds(20);
  private static final Duration REPORT = Duration.ofMinutes(10);
  private static final Duration SWEEP = Duration.ofSeconds(1);
  private static final Duration STORE_PAUSE = Duration.ofSeconds(1);
  private static final Duration HTTPS = Duration.ofSeconds(30);
  private static final Duration REFRESH = Duration.ofMinutes(10);

  private final OutboundConfig config;
  private final QueueClient queue;
  private final NextHops hops;
  private final NoticeSigner notices;
  private final Courier courier;
  private final QueueMetrics metrics;
  private final Semaphore room;
  private final Map<String, Destination> destinations = new ConcurrentHashMap<>();
  private final Set<Thread> running = ConcurrentHashMap.newKeySet();
  private final Thread taker;
  private final Thread sweeper;
  private final Thread refresher;
  private final Optional<StsPolicies> policies;
  private final Optional<TlsReports> reports;
  private volatile boolean closing;

  private QueueWorkers(
      OutboundConfig config,
      String host,
      StoreClient store,
      Deliveries deliveries,
      Optional<Signer> signer,
      Dns dns,
      Metrics metrics) {
    this.config = config;
    this.queue = new QueueClient(store, host, config.lease());
    this.hops = new NextHops(config, dns, host);
    this.notices = new NoticeSigner(signer);
    X509ExtendedTrustManager roots = config.tls().roots();
    HttpsClient https =
        new HttpsClient(dns, roots, config::mayReach, config.tls().policyPort(), HTTPS);
    this.policies =
        config.tls().sts() ? Optional.of(new StsPolicies(store, dns, https)) : Optional.empty();
    TlsTally tally = new TlsTally(config.tls().reports().isPresent(), InstantSource.system());
    this.courier =
        new Courier(
            hops, new Connector(config, new HostPolicies(dns, policies), tally, host, roots));
    this.reports =
        config
            .tls()
            .reports()
            .map(
                rules ->
                    new TlsReports(
                        rules.contact(),
                        rules.organization(),
                        rules.flush(),
                        rules.look(),
                        store,
                        dns,
                        https,
                        tally,
                        new ReportPost(config, rules.contact(), courier, deliveries, signer)
                            ::send));
    this.metrics = new QueueMetrics(metrics);
    this.room = new Semaphore(config.jobs());
    this.taker = Thread.ofVirtual().name("queue-worker").start(this::takeJobs);
    this.sweeper = Thread.ofVirtual().name("queue-sweeper").start(this::sweep);
    this.refresher = Thread.ofVirtual().name("sts-refresher").start(this::refresh);
  }

  /// Starts to work.
  ///
  /// @param host the name that it greets with
  /// @param signer signs reports and notifications, where it has keys for that
  public static QueueWorkers start(
      OutboundConfig config,
      String host,
      StoreClient store,
      Deliveries deliveries,
      Optional<Signer> signer,
      Dns dns,
      Metrics metrics) {
    return new QueueWorkers(config, host, store, deliveries, signer, dns, metrics);
  }

  private void takeJobs() {
    while (!closing) {
      try {
        room.acquire();
        int free = 1 + room.drainPermits();
        room.release(free);
        LeaseJobsResponse taken = queue.lease(Math.min(MOST_RECIPIENTS, 4 * free), busyDomains());
        if (taken.getJobsCount() > 0) {
          Lease lease = new Lease(taken.getLeaseId(), taken.getJobsCount());
          Thread.ofVirtual().name("queue-lease").start(lease::renew);
          for (QueueJob job : taken.getJobsList()) {
            begin(job, lease);
          }
        }
      } catch (InterruptedException e) {
        return;
      } catch (StoreException e) {
        if (!closing) {
          LOG.warn("event=lease-failed code={}", e.code());
          pause();
        }
      }
    }
  }

  private void pause() {
    try {
      Thread.sleep(STORE_PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<String> busyDomains() {
    List<String> busy = new ArrayList<>();
    destinations.forEach(
        (name, destination) -> {
          if (destination.isBusy()) {
            busy.add(name);
          }
        });
    return busy;
  }

  private void begin(QueueJob job, Lease lease) {
    Destination destination =
        destinations.compute(
            hops.destination(job.getDomain()),
            (name, known) -> {
              Destination one = known == null ? new Destination(config) : known;
              one.join();
              return one;
            });
    Thread thread =
        Thread.ofVirtual().name("queue-job").unstarted(() -> run(job, lease, destination));
    running.add(thread);
    thread.start();
  }

  private void run(QueueJob job, Lease lease, Destination destination) {
    List<QueueJobRecipient> left = new ArrayList<>(job.getRecipientsList());
    try {
      destination.enter();
      try {
        room.acquire();
        try {
          send(job, lease, destination, left);
        } finally {
          room.release();
        }
      } finally {
        destination.exit();
      }
    } catch (InterruptedException e) {
      release(job, lease, left);
    } catch (StoreException e) {
      LOG.warn("event=send-failed id={} code={}", job.getQueueId(), e.code());
    } catch (RuntimeException e) {
      // A worker lives on; the job is due again when its lease ends.
      LOG.error("event=send-failed id={}", job.getQueueId(), e);
    } finally {
      lease.jobDone();
      leave(job, destination);
      running.remove(Thread.currentThread());
    }
  }

  private void leave(QueueJob job, Destination destination) {
    destinations.computeIfPresent(
        hops.destination(job.getDomain()), (name, known) -> destination.leave() ? null : known);
  }

  /// In transactions of some recipients each.
  private void send(
      QueueJob job, Lease lease, Destination destination, List<QueueJobRecipient> left)
      throws InterruptedException {
    NoticeSigner.Signed signed = notices.sign(job, queue.body(job, lease.id));
    while (!left.isEmpty()) {
      if (closing || lease.isLost()) {
        throw new InterruptedException("no more");
      }
      List<QueueJobRecipient> some =
          List.copyOf(left.subList(0, Math.min(PER_TRANSACTION, left.size())));
      long start = System.nanoTime();
      List<QueueResult> results = courier.deliver(destination, signed.job(), some, signed.body());
      metrics.jobs.recordSince(start);
      for (QueueResult result : results) {
        metrics.recipients.get(QueueMetrics.Result.of(result.getOutcome())).increment();
        LOG.info(
            "event=sent id={} domain={} outcome={} status={} host={} tls=\"{}\"",
            job.getQueueId(),
            job.getDomain(),
            result.getOutcome(),
            result.getStatus(),
            result.getRemoteHost(),
            result.getTls());
      }
      left.removeAll(some);
      boolean taken = report(job, lease, results);
      if (!taken) {
        LOG.warn("event=lease-lost id={}", job.getQueueId());
        return;
      }
    }
  }

  /// What happened is told even where the worker is being stopped.
  private boolean report(QueueJob job, Lease lease, List<QueueResult> results)
      throws InterruptedException {
    boolean interrupted = Thread.interrupted();
    try {
      return queue.report(job, lease.id, results, System.nanoTime() + REPORT.toNanos());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Nobody has to wait for the lease's end to try what was not tried.
  private void release(QueueJob job, Lease lease, List<QueueJobRecipient> left) {
    List<QueueResult> results =
        left.stream()
            .map(
                recipient ->
                    QueueResult.newBuilder()
                        .setNumber(recipient.getNumber())
                        .setOutcome(QueueResult.Outcome.RELEASED)
                        .build())
            .toList();
    if (results.isEmpty() || lease.isLost()) {
      return;
    }
    try {
      queue.report(job, lease.id, results, System.nanoTime());
    } catch (StoreException e) {
      LOG.warn("event=release-failed id={} code={}", job.getQueueId(), e.code());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// The jobs of one answer, and the time they are this worker's for.
  private final class Lease {
    private final ByteString id;
    private final AtomicInteger open;
    private volatile boolean lost;

    Lease(ByteString id, int jobs) {
      this.id = id;
      this.open = new AtomicInteger(jobs);
    }

    void jobDone() {
      open.decrementAndGet();
    }

    boolean isLost() {
      return lost;
    }

    void renew() {
      try {
        while (open.get() > 0) {
          Thread.sleep(config.lease().dividedBy(3));
          if (open.get() > 0 && !queue.renew(id)) {
            lost = true;
            return;
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void sweep() {
    try {
      while (!closing) {
        Thread.sleep(SWEEP);
        for (String name : destinations.keySet()) {
          destinations.computeIfPresent(
              name,
              (k, destination) -> {
                destination.sweep(false);
                return destination.isUnused() ? null : destination;
              });
        }
      }
    } catch (InterruptedException e) {
      return;
    }
  }

  /// Policies that will be needed are fetched before they expire.
  private void refresh() {
    try {
      while (!closing && policies.isPresent()) {
        Thread.sleep(REFRESH);
        policies.get().refresh();
      }
    } catch (InterruptedException e) {
      return;
    }
  }

  /// Takes no more jobs, lets those that are being sent end, and gives back the others.
  @Override
  public void close() {
    closing = true;
    taker.interrupt();
    sweeper.interrupt();
    refresher.interrupt();
    long end = System.nanoTime() + DRAIN.toNanos();
    try {
      for (Thread thread : running) {
        thread.join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
      }
      running.forEach(Thread::interrupt);
      for (Thread thread : running) {
        thread.join(Duration.ofSeconds(2));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    destinations.values().forEach(destination -> destination.sweep(true));
    reports.ifPresent(TlsReports::close);
  }
}
