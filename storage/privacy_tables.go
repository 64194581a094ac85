package storage

const (
	own      = "user_id = $1"
	whileHas = "while the account is here"
	// inConversation are the rows of both sides: what one said is found by what the other got.
	inConversation = "conversation_id IN (SELECT conversation_id FROM conversation_members WHERE user_id = $1)"
)

// inventoryOfPeople are the tables with rows about people.
func inventoryOfPeople() []Table {
	return []Table{
		{
			Name: "message_notes", Category: CategoryMessages, Of: own, Ground: GroundContract, Keep: "48 hours; as long as the result it is about; 180 days about a request for help",
			Purpose: "understand a reply to a message", Fate: FateDeleted, Show: "generation_id n created_at", Inner: "place user_id lasting",
			Sealed: []Sealed{{Name: "body", Row: "place", Form: FormJSON}},
		},
		{
			Name: "files", Category: CategoryGenerations, Of: own, Ground: GroundContract, Keep: "as long as the result",
			Purpose: "show a result again without uploading it again", Fate: FateDeleted, Show: "sha256 form created_at", Inner: "user_id",
			Sealed: []Sealed{{Name: "file_id", Row: "form || sha256", Form: FormBytes}},
		},
		{
			Name: "reports", Category: CategoryModeration, Of: own, Ground: GroundInterest, Keep: whileHas,
			Purpose: "look into results that people complain about", Fate: FateDeleted, Show: "generation_id reason created_at", Inner: "user_id",
		},
		{
			Name: "deliveries", Category: CategoryMessages, Of: own, Ground: GroundContract, Keep: "48 hours after it is sent",
			Purpose: "tell people what they are owed, once", Fate: FateDeleted, Show: "kind status generation_id created_at sent_at",
			Inner:  "id send_key user_id reason message_ids fence lease_until epoch not_before sweeps swept_at expires_at updated_at chat_key private aside interrupted",
			Sealed: []Sealed{{Name: "body", Row: "id", Form: FormBytes}},
		},
		{
			Name: "images", Category: CategoryGenerations, Of: own, Ground: GroundContract, Keep: "until the result is deleted",
			Purpose: "keep pictures that were sent, and results", Fate: FateDeleted,
			Show: "generation_id role n sha256 bytes width height media_type seed created_at", Inner: "attempt_id user_id object_key note",
		},
		{
			Name: "attempts", Category: CategoryGenerations, Of: own, Ground: GroundContract, Keep: whileHas,
			Purpose: "pay no provider twice, and know who received a prompt", Fate: FateDeleted,
			Show:   "id generation_id seq provider model state created_at ended_at asked_deletion_at",
			Inner:  "user_id fence external_id polls next_poll_at deadline_at result_expires_at est_cost actual_cost billed loss late err_class fraction ahead",
			Sealed: []Sealed{{Name: "handle", Row: "id", Form: FormBytes}},
		},
		{
			Name: "judgings", Category: CategoryGenerations, Of: own, Ground: GroundContract, Keep: whileHas,
			Purpose: "know who was asked to judge a prompt or a picture", Fate: FateDeleted, Show: "generation_id provider subject answered created_at", Inner: "user_id",
		},
		{
			Name: "open_holds", Category: CategoryCredits, Of: own, Ground: GroundContract, Keep: "while a generation runs",
			Purpose: "set credits aside", Fate: FateDeleted, Show: "generation_id amount created_at", Inner: "user_id",
		},
		{
			Name: "generations", Category: CategoryGenerations, Of: own, Ground: GroundContract, Keep: "the prompt until the result is deleted, 30 days where there is none; the rest " + whileHas,
			Purpose: "paint what was asked for, and show it again", Fate: FateDeleted,
			Show: "id origin parent_id parent_n status reason model operation params images_wanted price favorite_at deleted_at created_at started_at stored_at done_at",
			Inner: "user_id request_key form refs_missing status_message status_shown status_at status_media status_busy promoted_at cancel_at fence lease_until progress_fence epoch sweeps swept_at " +
				"updated_at look looked_at guess_at guess_base guess_wait guess_p90 token_id",
			Sealed: []Sealed{{Name: "request", Row: "id", Form: FormJSON}},
		},
		{
			Name: "api_tokens", Category: CategoryAccount, Of: own, Ground: GroundContract, Keep: "until it is revoked",
			Purpose: "let programs ask for pictures in somebody's stead", Fate: FateDeleted, Show: "prefix monthly used_at created_at", Inner: "id user_id lookup",
			Sealed: []Sealed{{Name: "body", Row: "id", Form: FormJSON}},
		},
		{
			Name: "quotes", Category: CategoryGenerations, Of: own, Ground: GroundContract, Keep: "48 hours",
			Purpose: "hold the price of a wish until it is confirmed", Fate: FateDeleted, Show: "id created_at expires_at used_at", Inner: "user_id",
			Sealed: []Sealed{{Name: "body", Row: "id", Form: FormJSON}},
		},
		{
			Name: "browses", Category: CategoryGenerations, Of: own, Ground: GroundContract, Keep: "48 hours",
			Purpose: "turn the pages of a history", Fate: FateDeleted, Show: "id created_at", Inner: "user_id",
			Sealed: []Sealed{{Name: "body", Row: "id", Form: FormJSON}},
		},
		{
			Name: "album_items", Category: CategoryGenerations, Of: "album_id IN (SELECT id FROM albums WHERE user_id = $1)", Ground: GroundContract, Keep: "48 hours",
			Purpose: "make one request of pictures that are sent together", Fate: FateDeleted, Show: "album_id message_id",
			Sealed: []Sealed{{Name: "body", Row: "album_id || '|' || message_id", Form: FormJSON}},
		},
		{
			Name: "albums", Category: CategoryGenerations, Of: own, Ground: GroundContract, Keep: "48 hours",
			Purpose: "make one request of pictures that are sent together", Fate: FateDeleted, Show: "id status created_at", Inner: "lookup user_id epoch closes_at sweeps swept_at",
			Sealed: []Sealed{{Name: "body", Row: "id", Form: FormJSON}},
		},
		{
			Name: "writings", Category: CategoryWritings, Of: own, Ground: GroundContract, Keep: "words and pictures an hour, the rest " + whileHas,
			Purpose: "describe a picture, improve or translate a prompt", Fate: FateDeleted, Show: "id kind state provider created_at ended_at",
			Inner:  "user_id err_class cost fence lease_until epoch sweeps swept_at updated_at",
			Sealed: []Sealed{{Name: "request", Row: "id", Form: FormJSON}, {Name: "answer", Row: "id", Form: FormJSON}},
		},
		{
			Name: "refunds", Category: CategoryPayments, Of: own, Ground: GroundDuty, Keep: "as long as books have to be kept",
			Purpose: "give Stars back once", Fate: FateKept, Show: "id charge_id stars credits why status reason created_at ended_at",
			Inner: "user_id tries fence lease_until epoch sweeps swept_at updated_at",
		},
		{
			Name: "payments", Category: CategoryPayments, Of: own, Ground: GroundDuty, Keep: "as long as books have to be kept",
			Purpose: "give what was paid for once, and Stars back where that is due", Fate: FateKept,
			Show:  "charge_id order_id stars credits status problem recurring first until_at paid_at created_at",
			Inner: "user_id updated_at", Sealed: []Sealed{{Name: "payer", Row: "charge_id", Form: FormBytes, Nobodys: true}},
		},
		{
			Name: "orders", Category: CategoryPayments, Of: own, Ground: GroundDuty, Keep: "unpaid 30 days, else as long as books have to be kept",
			Purpose: "sell credits", Fate: FateKept, Show: "id pack stars credits period status created_at paid_at until_at canceled_at ended_at", Inner: "user_id quote_id expires_at link",
		},
		{
			Name: "ticket_words", Category: CategoryHelp, Of: own, Ground: GroundContract, Keep: "180 days after the request is closed",
			Purpose: "answer requests for help", Fate: FateDeleted, Show: "id ticket_id by_operator created_at", Inner: "user_id",
			Sealed: []Sealed{{Name: "body", Row: "id", Form: FormJSON}},
		},
		{
			Name: "tickets", Category: CategoryHelp, Of: own, Ground: GroundContract, Keep: "180 days after it is closed",
			Purpose: "answer requests for help", Fate: FateDeleted, Show: "id charge_id status created_at closed_at", Inner: "user_id waits_since",
		},
		{
			Name: "strikes", Category: CategoryModeration, Of: own, Ground: GroundInterest, Keep: "30 days after they count no more",
			Purpose: "keep out who breaks the rules again and again", Fate: FateDeleted, Show: "id cause weight created_at expires_at", Inner: "user_id",
		},
		{
			Name: "cases", Category: CategoryModeration, Of: own, Ground: GroundInterest, Keep: "30 days; what was appealed and accepted, " + whileHas,
			Purpose: "explain a refusal, and decide appeals", Fate: FateDeleted, Show: "id kind cause category absolute status created_at appealed_at decided_at", Inner: "user_id prompt_key",
			Sealed: []Sealed{{Name: "body", Row: "id", Form: FormJSON}},
		},
		{
			Name: "streaks", Category: CategoryCredits, Of: own, Ground: GroundContract, Keep: whileHas,
			Purpose: "give the credits of the day once", Fate: FateDeleted, Show: "day length", Inner: "user_id",
		},
		{
			Name: "referrals", Category: CategoryCredits, Of: "friend_id = $1 OR inviter_id = $1", Ground: GroundContract, Keep: whileHas,
			Purpose: "give credits for a friend who comes, once", Fate: FateDeleted, Show: "status credits created_at closed_at",
			Inner: "friend_id inviter_id", // each is somebody else to the other
		},
		{
			Name: "invites", Category: CategoryCredits, Of: own, Ground: GroundContract, Keep: whileHas,
			Purpose: "give credits for friends", Fate: FateDeleted, Show: "code paid created_at", Inner: "user_id",
		},
		{
			Name: "promo_uses", Category: CategoryCredits, Of: own, Ground: GroundContract, Keep: whileHas,
			Purpose: "accept a code once", Fate: FateDeleted, Show: "promo_id n created_at", Inner: "user_id",
		},
		{
			Name: "promo_misses", Category: CategoryCredits, Of: own, Ground: GroundInterest, Keep: "48 hours",
			Purpose: "slow down who guesses codes", Fate: FateDeleted, Show: "misses missed_at", Inner: "user_id",
		},
		{
			Name: "gifts", Category: CategoryCredits, Of: own, Ground: GroundContract, Keep: whileHas,
			Purpose: "give credits to somebody else", Fate: FateDeleted, Show: "id credits status created_at expires_at closed_at", Inner: "user_id",
		},
		{
			Name: "credit_orders", Category: CategoryCredits, Of: own, Ground: GroundContract, Keep: whileHas,
			Purpose: "give or take credits by hand, with a reason", Fate: FateDeleted, Show: "id credits status created_at closed_at", Inner: "user_id who second",
			Sealed: []Sealed{{Name: "reason", Row: "id", Form: FormJSON}},
		},
		{
			Name: "lot_uses", Category: CategoryCredits, Of: "lot_id IN (SELECT id FROM lots WHERE user_id = $1)", Ground: GroundDuty, Keep: "as long as books have to be kept",
			Purpose: "know what a payment bought and what of it is unspent", Fate: FateKept, Show: "transfer_id lot_id credits",
		},
		{
			Name: "lots", Category: CategoryCredits, Of: own, Ground: GroundDuty, Keep: "as long as books have to be kept",
			Purpose: "know what a payment bought and what of it is unspent", Fate: FateKept, Show: "id source charge_id credits left_ created_at expires_at", Inner: "user_id",
		},
		{
			Name: "transfers", Category: CategoryCredits, Of: own, Ground: GroundDuty, Keep: "as long as books have to be kept",
			Purpose: "keep the books", Fate: FateKept, Show: "id kind counter amount posted held ref created_at", Inner: "user_id",
		},
		{
			Name: "accounts", Category: CategoryCredits, Of: own, Ground: GroundDuty, Keep: "as long as books have to be kept",
			Purpose: "know the balance", Fate: FateKept, Show: "posted held", Inner: "user_id version",
		},
		{
			Name: "lobby", Category: CategoryConversations, Of: own, Ground: GroundContract, Keep: "while one waits",
			Purpose: "find somebody to talk with", Fate: FateDeleted, Show: "lang wish wide again since", Inner: "user_id search asked_at shown tried_at",
		},
		{
			Name: "relay_map", Category: CategoryConversations, Of: inConversation, Ground: GroundContract, Keep: "48 hours",
			Purpose: "find which message became which, for replies and edits", Fate: FateDeleted, Inner: "conversation_id side source_message target_message created_at",
		},
		{
			Name: "relays", Category: CategoryConversations, Of: inConversation, Ground: GroundContract, Keep: "48 hours",
			Purpose: "pass on what is said, in order and once", Fate: FateDeleted,
			Inner: "conversation_id side seq update_key kind status sources reply_to has_body created_at updated_at",
		},
		{
			Name: "conversation_members", Category: CategoryConversations, Of: own, Ground: GroundContract, Keep: "while the conversation lives",
			Purpose: "know who talks with whom", Fate: FateDeleted, Show: "last_seq",
			Inner: "conversation_id side user_id fence lease_until epoch not_before sweeps swept_at passed_seq",
		},
		{
			Name: "chat_people", Category: CategoryConversations, Of: own, Ground: GroundInterest, Keep: whileHas,
			Purpose: "keep out of conversations who was reported", Fate: FateDeleted, Show: "met paused_until pause_case pauses remind_lang remind_at", Inner: "user_id",
		},
		{
			Name: "chat_reports", Category: CategoryModeration, Of: "accused = $1", Ground: GroundInterest, Keep: "90 days after the decision",
			Purpose: "decide what people report", Fate: FateDeleted, Show: "reason status created_at decided_at", Inner: "id conversation_id accused",
			Sealed: []Sealed{{Name: "evidence", Row: "id", Form: FormBytes}}, // it would tell who reported
		},
		{
			Name: "announcement_people", Category: CategoryMessages, Of: own, Ground: GroundInterest, Keep: "30 days after the announcement",
			Purpose: "tell people news once", Fate: FateDeleted, Show: "announcement_id status opted_out_at updated_at", Inner: "user_id edition message_id tries",
		},
		{
			Name: "consumed_actions", Category: CategoryMessages, Of: own, Ground: GroundContract, Keep: "48 hours; 8 days about a link to an export",
			Purpose: "let a button, or a link to an export, work once", Fate: FateDeleted, Inner: "nonce user_id consumed_at",
		},
		{
			Name: "web_sessions", Category: CategoryAccount, Of: own, Ground: GroundContract, Keep: "until it ends, a few hours",
			Purpose: "know who uses the Mini App, or the gallery on the website", Fate: FateDeleted, Show: "origin created_at expires_at", Inner: "token_key user_id ends_at",
		},
		{
			Name: "dead_letters", Category: CategoryMessages, Of: own, Ground: GroundInterest, Keep: "30 days",
			Purpose: "find the fault that a message met", Fate: FateDeleted, Show: "failures created_at retried_at", Inner: "update_key user_id error",
			Sealed: []Sealed{{Name: "body", Row: "update_key", Form: FormText}},
		},
		{
			Name: "mails", Category: CategoryMessages, Of: own, Ground: GroundContract, Keep: "the words until it is out, the rest 48 hours after that",
			Purpose: "write to the address that somebody named", Fate: FateDeleted, Show: "kind status created_at ended_at",
			Inner:  "id user_id reason tries fence lease_until not_before epoch sweeps swept_at expires_at updated_at",
			Sealed: []Sealed{{Name: "body", Row: "id", Form: FormBytes}},
		},
		{
			Name: "sign_ins", Category: CategoryAccount, Of: "lookup IN (SELECT lookup FROM emails WHERE user_id = $1)", Ground: GroundContract, Keep: "48 hours",
			Purpose: "let somebody into the gallery on the website by a code sent by e-mail: keyed hashes of the address and of what the browser keeps",
			Fate:    FateDeleted, Show: "created_at used_at", Inner: "id lookup holder tries handled_at epoch sweeps swept_at expires_at",
		},
		{
			Name: "prepared_messages", Category: CategoryMessages, Of: own, Ground: GroundContract, Keep: "an hour",
			Purpose: "share a picture from the Mini App", Fate: FateDeleted, Show: "created_at", Inner: "id user_id prepared",
		},
		{
			Name: "mail_codes", Category: CategoryAccount, Of: own, Ground: GroundContract, Keep: "48 hours",
			Purpose: "prove that somebody reads the mail of an address", Fate: FateDeleted, Show: "purpose created_at sent_at expires_at used_at",
			Inner:  "id user_id right_id lookup code tries",
			Sealed: []Sealed{{Name: "address", Row: "id", Form: FormJSON}},
		},
		{
			Name: "emails", Category: CategoryAccount, Of: own, Ground: GroundConsent, Keep: "until it is removed",
			Purpose: "know who writes by mail, and answer there", Fate: FateDeleted, Show: "verified_at", Inner: "user_id lookup",
			Sealed: []Sealed{{Name: "address", Row: "user_id", Form: FormJSON}},
		},
		{
			Name: "rights", Category: CategoryRights, Of: own, Ground: GroundDuty, Keep: "3 years after it is answered",
			Purpose: "answer what people ask about their data in time, and show that it was", Fate: FateCleared,
			Show:   "id kind origin status reason due_at created_at ended_at",
			Inner:  "user_id step not_before fence lease_until epoch sweeps swept_at updated_at gone_rows gone_objects",
			Sealed: []Sealed{{Name: "body", Row: "id", Form: FormJSON}, {Name: "farewell", Row: "id", Form: FormBytes, Nobodys: true}},
		},
		{
			Name: "consents", Category: CategoryConsents, Of: own, Ground: GroundDuty, Keep: whileHas,
			Purpose: "show what was agreed to", Fate: FateDeleted, Show: "document version locale granted shown outcome sha256 created_at", Inner: "id user_id update_key",
		},
		{
			Name: "users", Category: CategoryAccount, Of: "id = $1", Ground: GroundContract, Keep: whileHas + "; that somebody was here, as long as their books",
			Purpose: "know people again, and serve them as they want", Fate: FateCleared,
			Show:   "lang tier unreachable_at restricted_at objected_at no_news_at no_reminders_at erasing_at ban_until ban_case debt frozen_at seen_at welcomed_at created_at",
			Inner:  "id warned_at kind lookup erased_at",
			Sealed: []Sealed{{Name: "profile", Row: "id", Form: FormJSON}, {Name: "settings", Row: "id", Form: FormJSON}},
		},
	}
}

// inventoryOfNobody are the tables whose rows name nobody, or name a person by a keyed hash or under a seal only.
func inventoryOfNobody() []Table {
	nobodys := func(name, purpose, keep, columns string, sealed ...Sealed) Table {
		return Table{Name: name, Category: CategoryOperation, Ground: GroundInterest, Purpose: purpose, Keep: keep, Fate: FateNobody, Inner: columns, Sealed: sealed}
	}
	return []Table{
		nobodys("age_refusals", "not ask somebody again at once who is too young to agree: a keyed hash of the Telegram id", "30 days", "lookup expires_at created_at"),
		nobodys("announcements", "tell people news", "always", "id policy status texts audience loud pace edition looked gathered_at summary fence lease_until not_before epoch sweeps swept_at created_at updated_at started_at ended_at"),
		nobodys("audit", "see what operators did", "always: a chain that is not to be cut", "id who what object created_at n signature", Sealed{Name: "why", Row: "id", Form: FormText, Nobodys: true}),
		nobodys("breaches", "show what was done about every breach, and when", "always: the law demands a record",
			"id people discovered_at authority_at people_at closed_at announcement_id created_at updated_at", Sealed{Name: "body", Row: "id", Form: FormJSON, Nobodys: true}),
		nobodys("chat_unseals", "let two operators open together who talked with whom", "as long as the pair", "conversation_id who opened created_at"),
		nobodys("checkpoint_marks", "notice a journal that was changed", "always", "transfer_id n digest"),
		nobodys("checkpoints", "notice a journal that was changed", "always", "n covers_until transfers digest prev signature created_at"),
		nobodys("chores", "go on with long work where it was", "always", "name place started_at done_at"),
		nobodys("closed_gifts", "know that the other side of a gift is gone with its books: the number of the gift", "until both sides are gone", "transfer_id"),
		nobodys("closed_marks", "notice a journal that was changed: digests of what is gone from it", "always", "n place closing digest"),
		nobodys("closing_people", "let books be deleted whose time is over", "within a transaction", "person"),
		nobodys("closings", "know in numbers what books were deleted when their time was over", "always", "n people transfers sums until_at digest prev signature created_at"),
		nobodys("conversations", "count conversations; the pair, sealed to the operators", "the pair as set by the operator", "id lang reason waited opened_at active_at closed_at pair pair_until"),
		nobodys("incident_updates", "tell everybody what was wrong: written for the public, by operators", "always", "id incident_id stage texts created_at"),
		nobodys("incidents", "tell everybody what was wrong: written for the public, by operators", "always",
			"id impact parts titles watched began_at resolved_at created_at updated_at"),
		nobodys("leases", "let one process do a duty", "always", "name holder lease_until"),
		nobodys("moved_chats", "find groups that became supergroups", "always", "chat_key created_at", Sealed{Name: "moved_to", Row: "chat_key", Form: FormBytes, Nobodys: true}),
		nobodys("page_view_batches", "count a visit of the site once: a random name of a process", "48 hours after its last", "process n added_at"),
		nobodys("page_views", "know how the site is used: sums of a day by page, country, kind of device and the site that led here; neither addresses nor browsers",
			"760 days, which is less than 25 months", "day page referrer_host country device views visitors"),
		nobodys("pair_bars", "keep two people from meeting again: keyed hashes of pairs", "met 30 days, blocked always", "pair kind until created_at"),
		nobodys("policies", "know what people agreed to", "always", "version effective_at material texts summary sha256 announcement_id published_at"),
		nobodys("promos", "codes of the operator", "always", "id code_key label credits uses used closed per_person keep expires_at disabled_at created_at"),
		nobodys("provider_deletions", "have providers delete what they have of a call: their own id of it", "until they have, 30 days at most",
			"attempt_id provider external_id tries epoch not_before created_at"),
		nobodys("provider_holds", "keep providers from being asked", "until lifted", "provider model until_at created_at"),
		nobodys("receipts", "find the transfer of a receipt", "as long as books have to be kept", "digest transfer_id created_at"),
		nobodys("reconciliations", "compare payments with Telegram's", "180 days; the newest one always", "id status since_at report findings next_offset fence lease_until epoch sweeps swept_at created_at updated_at ended_at"),
		nobodys("remembered", "keep an erasure from being a way to get welcome credits again, or to be rid of a ban or a debt: a keyed hash of the Telegram id",
			"as set by the operator, one year by default", "lookup welcome ban_until debt expires_at created_at"),
		nobodys("seconds", "have two operators agree to what reaches or ends everybody", "48 hours", "name who digest created_at"),
		nobodys("seen_updates", "do nothing twice: keyed hashes of updates", "48 hours", "update_key body_sha256 seen_at"),
	}
}
