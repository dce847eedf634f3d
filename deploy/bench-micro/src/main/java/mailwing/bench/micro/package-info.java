/// Microbenchmarks of what every command and message goes through.
@NullMarked
package mailwing.bench.micro;

import org.jspecify.annotations.NullMarked;
