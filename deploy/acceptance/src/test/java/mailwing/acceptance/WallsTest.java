package mailwing.acceptance;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// The walls between the rooms (docs/adr/0001-rooms.md).
class WallsTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("mailwing");

  @Test
  void gatewaysKnowNeitherEachOtherNorTheStore() {
    for (String gateway : new String[] {"smtp", "pop3", "imap"}) {
      noClasses()
          .that()
          .resideInAPackage("mailwing." + gateway + "..")
          .should()
          .dependOnClassesThat(
              com.tngtech.archunit.base.DescribedPredicate.describe(
                  "belong to another gateway or to the store",
                  other ->
                      other.getPackageName().startsWith("mailwing.")
                          && !other.getPackageName().startsWith("mailwing." + gateway)
                          && !other.getPackageName().startsWith("mailwing.gateway")
                          && !other.getPackageName().startsWith("mailwing.service")
                          && !other.getPackageName().startsWith("mailwing.store.v1")))
          .check(CLASSES);
    }
  }

  @Test
  void sharedCodeKnowsNoServiceAndTheStoreNoGateway() {
    noClasses()
        .that()
        .resideInAPackage("mailwing.service..")
        .should()
        .dependOnClassesThat(
            com.tngtech.archunit.base.DescribedPredicate.describe(
                "belong to a service, or make or serve calls",
                other ->
                    isCall(other)
                        || (other.getPackageName().startsWith("mailwing.")
                            && !other.getPackageName().startsWith("mailwing.service")
                            && !other.getPackageName().equals("mailwing.store.v1"))))
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("mailwing.store..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "mailwing.gateway..", "mailwing.smtp..", "mailwing.pop3..", "mailwing.imap..")
        .check(CLASSES);
  }

  @Test
  void sqlStaysInTheStoresPersistenceAndKafkaInEvents() {
    noClasses()
        .that()
        .resideInAPackage("mailwing.store..")
        .and()
        .resideOutsideOfPackages("mailwing.store.persistence..", "mailwing.store")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.sql..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAnyPackage("mailwing.store..", "mailwing.imap..")
        .and()
        .resideOutsideOfPackages("mailwing.store.events..", "mailwing.imap.events..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.kafka..")
        .check(CLASSES);
  }

  /// The store's answers are built where they are read, without a copy between; calls are not.
  @Test
  void callsStayAtTheEdges() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "mailwing.store.persistence..",
            "mailwing.store.domain..",
            "mailwing.store.mime..",
            "mailwing.store.accounts..",
            "mailwing.smtp.protocol..",
            "mailwing.smtp.data..",
            "mailwing.imap.protocol..",
            "mailwing.imap.command..",
            "mailwing.imap.view..")
        .should()
        .dependOnClassesThat(
            com.tngtech.archunit.base.DescribedPredicate.describe(
                "make or serve calls", WallsTest::isCall))
        .check(CLASSES);
  }

  private static boolean isCall(JavaClass other) {
    return other.getPackageName().startsWith("io.grpc")
        || (other.getPackageName().equals("mailwing.store.v1")
            && other.getSimpleName().endsWith("Grpc"));
  }
}
