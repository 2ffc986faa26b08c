// Package accounts makes people's own accounts at the homeserver, for those who
// join on the page (web) and have none: one provider a file, all behind
// [Provider]. The name of an account is random ([NewDraft]) and stands outside
// the names that the appservice keeps for itself; inside, Silta would be sent
// everything that happens in the person's other rooms.
//
// A password is given by the person, goes through memory to the homeserver, and
// is kept nowhere. What makes an account a resumable piece of work all the same
// is its [Draft]: a name and a seed that are drawn, and kept sealed, before the
// homeserver is asked for anything. Create may be repeated with the same draft
// until it has succeeded; Undo takes back what it left behind, as long as Finished
// does not say that it is too late.
//
//	synapse-admin        Synapse's admin API with the token of an administrator
//	shared-secret        Synapse's registration_shared_secret
//	registration-token   a registration token of any homeserver that has them
//	mas                  the admin API of Matrix Authentication Service
//	none                 nobody gets an account: the page tells how to use one's own
//
// The second and the third cannot act on an account without its password. They
// make it with the seed as the password, which Silta knows, and give it the
// person's own only then; so they, too, can undo what was not finished.
//
// Nothing is logged here, and no error quotes the homeserver or names anybody.
package accounts
