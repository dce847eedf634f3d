/// What the store does with mail, apart from how it is asked and how it is kept.
@NullMarked
package mailwing.store.domain;

import org.jspecify.annotations.NullMarked;
