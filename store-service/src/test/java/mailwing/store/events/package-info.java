/// Tests.
@NullMarked
package mailwing.store.events;

import org.jspecify.annotations.NullMarked;
