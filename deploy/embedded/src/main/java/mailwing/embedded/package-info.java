/// A real PostgreSQL and a real Kafka broker from Maven artifacts, each a child process.
@NullMarked
package mailwing.embedded;

import org.jspecify.annotations.NullMarked;
