package mailwing.cli;

import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.ListDomainsRequest;
import mailwing.store.v1.RemoveDomainRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Domains that mail is received for.
@Command(
    name = "domain",
    description = "Domains that mail is received for.",
    mixinStandardHelpOptions = true)
public final class DomainCommand implements Runnable {
  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say add, list or remove");
  }

  @Command(name = "add", description = "Adds a domain.", mixinStandardHelpOptions = true)
  void add(
      @Mixin StoreOptions store,
      @Parameters(paramLabel = "DOMAIN", description = "Such as example.org.") String domain) {
    Admin.with(
        store,
        client ->
            client.call(
                domain, s -> s.addDomain(AddDomainRequest.newBuilder().setName(domain).build())));
  }

  @Command(
      name = "list",
      description = "Lists the domains, one a line.",
      mixinStandardHelpOptions = true)
  void list(@Mixin StoreOptions store) {
    Admin.with(
        store,
        client ->
            client.call(
                "domains",
                s -> {
                  s.listDomains(ListDomainsRequest.getDefaultInstance())
                      .forEachRemaining(domain -> Admin.out(spec).println(domain.getName()));
                  return true;
                }));
  }

  @Command(
      name = "remove",
      description = "Removes a domain that has no users and aliases left.",
      mixinStandardHelpOptions = true)
  void remove(@Mixin StoreOptions store, @Parameters(paramLabel = "DOMAIN") String domain) {
    Admin.with(
        store,
        client ->
            client.call(
                domain,
                s -> s.removeDomain(RemoveDomainRequest.newBuilder().setName(domain).build())));
  }
}
