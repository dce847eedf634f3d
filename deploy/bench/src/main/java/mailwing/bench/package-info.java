/// A load generator for mail servers, ours and others.
@NullMarked
package mailwing.bench;

import org.jspecify.annotations.NullMarked;
