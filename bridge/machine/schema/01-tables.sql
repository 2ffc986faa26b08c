-- v0 -> v1: accounts, sessions and people's device lists

-- Every "sealed" column is AES-256-GCM under the keyring. Who or what a row is
-- about is a keyed hash. Times are Unix milliseconds.

CREATE TABLE crypto_meta (
	key   TEXT PRIMARY KEY,
	value bytea NOT NULL
);

-- The bot's and the ghosts' own accounts.
CREATE TABLE crypto_account (
	account bytea PRIMARY KEY,
	sealed  bytea NOT NULL
);

-- Olm sessions between one of our accounts and one device of a person.
CREATE TABLE crypto_olm (
	account bytea  NOT NULL,
	peer    bytea  NOT NULL,
	session bytea  NOT NULL,
	used    BIGINT NOT NULL,
	sealed  bytea  NOT NULL,
	PRIMARY KEY (account, peer, session)
);
CREATE INDEX crypto_olm_peer ON crypto_olm (peer);

-- Olm messages that were handled: the same one comes by transaction and by sync.
CREATE TABLE crypto_olm_seen (
	hash bytea  PRIMARY KEY,
	at   BIGINT NOT NULL
);
CREATE INDEX crypto_olm_seen_at ON crypto_olm_seen (at);

-- Megolm sessions that people gave the reader.
CREATE TABLE crypto_inbound (
	session  bytea  PRIMARY KEY,
	account  bytea  NOT NULL,
	room     bytea  NOT NULL,
	received BIGINT NOT NULL,
	sealed   bytea  NOT NULL
);
CREATE INDEX crypto_inbound_room ON crypto_inbound (room);
CREATE INDEX crypto_inbound_received ON crypto_inbound (received);

-- Which event used which index of a session: a second one is a replay.
CREATE TABLE crypto_index (
	session bytea  NOT NULL,
	idx     BIGINT NOT NULL,
	event   bytea  NOT NULL,
	at      BIGINT NOT NULL,
	PRIMARY KEY (session, idx)
);

-- Megolm sessions of our own, one for an account in a room.
CREATE TABLE crypto_outbound (
	account bytea NOT NULL,
	room    bytea NOT NULL,
	sealed  bytea NOT NULL,
	PRIMARY KEY (account, room)
);
CREATE INDEX crypto_outbound_room ON crypto_outbound (room);

-- People's device lists. The list is fetched anew when changed > fetched.
CREATE TABLE crypto_person (
	person  bytea  PRIMARY KEY,
	changed BIGINT NOT NULL,
	fetched BIGINT NOT NULL,
	sealed  bytea  NOT NULL
);
