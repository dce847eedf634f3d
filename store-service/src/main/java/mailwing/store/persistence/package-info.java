/// Everything that speaks SQL.
@NullMarked
package mailwing.store.persistence;

import org.jspecify.annotations.NullMarked;
