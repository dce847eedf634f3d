package mailwing.cli;

import java.util.List;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.Domain;
import mailwing.store.v1.ListDomainsRequest;
import mailwing.store.v1.RemoveDomainRequest;
import mailwing.store.v1.UpdateDomainRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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
    throw new ParameterException(spec.commandLine(), "say add, list, set or remove");
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
      description =
          "Lists the domains, one a line, each with its aliases and its catch-all after tabs.",
      mixinStandardHelpOptions = true)
  void list(@Mixin StoreOptions store) {
    Admin.list(
        store,
        spec,
        "domains",
        s -> s.listDomains(ListDomainsRequest.getDefaultInstance()),
        DomainCommand::line);
  }

  private static String line(Domain domain) {
    StringBuilder line = new StringBuilder(domain.getName());
    if (domain.getAliasesCount() > 0) {
      line.append("\taliases=").append(String.join(",", domain.getAliasesList()));
    }
    if (!domain.getCatchAll().isEmpty()) {
      line.append("\tcatch-all=").append(domain.getCatchAll());
    }
    return line.toString();
  }

  @Command(
      name = "set",
      description = "Changes a domain's aliases and who gets the mail of its unknown users.",
      mixinStandardHelpOptions = true)
  void set(
      @Mixin StoreOptions store,
      @Parameters(paramLabel = "DOMAIN") String domain,
      @Option(
              names = "--add-alias",
              paramLabel = "NAME",
              description = "A name whose addresses are this domain's.")
          @Nullable List<String> added,
      @Option(names = "--remove-alias", paramLabel = "NAME", description = "No such name any more.")
          @Nullable List<String> removed,
      @Option(
              names = "--catch-all",
              paramLabel = "ADDRESS",
              description = "Who gets the mail of unknown users; empty: nobody.")
          @Nullable String catchAll) {
    UpdateDomainRequest.Builder request = UpdateDomainRequest.newBuilder().setName(domain);
    request.addAllAddAliases(added == null ? List.of() : added);
    request.addAllRemoveAliases(removed == null ? List.of() : removed);
    if (catchAll != null) {
      request.setCatchAll(catchAll);
    }
    Admin.with(store, client -> client.call(domain, s -> s.updateDomain(request.build())));
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
