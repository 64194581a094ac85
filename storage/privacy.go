package storage

// The data inventory: everything the program keeps that belongs to a person, why, on which ground, for how long, and what
// an erasure makes of it. It is not a description beside the program: access and export read what it lists, erasure deletes
// what it lists, and tests hold it against the live schema, the keys in Redis and the objects in the bucket. A table, column,
// key or prefix that is not here fails them.

// Ground is why data may be processed: Article 6(1) of the GDPR.
type Ground string

// The grounds.
const (
	GroundContract Ground = "contract"   // to do what the person asked for
	GroundConsent  Ground = "consent"    // by their agreement
	GroundDuty     Ground = "obligation" // because the law demands it: books
	GroundInterest Ground = "interest"   // against abuse and loss, weighed against the person's interests
)

// Category is what data is, in the words of the privacy policy.
type Category string

// The categories.
const (
	CategoryAccount       Category = "account"       // Telegram id, language, settings, standing
	CategoryConsents      Category = "consents"      // what was agreed to
	CategoryGenerations   Category = "generations"   // prompts, pictures sent, results, history
	CategoryWritings      Category = "writings"      // descriptions, improvements, translations
	CategoryCredits       Category = "credits"       // balance and journal
	CategoryPayments      Category = "payments"      // orders, payments, refunds
	CategoryHelp          Category = "help"          // requests for help and their answers
	CategoryModeration    Category = "moderation"    // refused prompts, strikes, bans, appeals, reports
	CategoryConversations Category = "conversations" // standing, lobby, which message is which
	CategoryMessages      Category = "messages"      // on their way in or out
	CategoryRights        Category = "rights"        // requests to see, export, erase, restrict …
	CategoryOperation     Category = "operation"     // how the program keeps track; names nobody
)

// Fate is what an erasure makes of the rows of a table.
type Fate string

// The fates.
const (
	FateDeleted Fate = "deleted"
	FateCleared Fate = "cleared" // the row stays as a mark that somebody was here: what is personal in it is emptied
	FateKept    Fate = "kept"    // under the person's random id, which after the erasure leads to nobody: the law demands books
	FateNobody  Fate = "nobody"  // rows name nobody
)

// Table is what the inventory says of a table.
type Table struct {
	Name     string
	Category Category
	Of       string // which rows are a person's: a condition in which $1 is their id; empty where rows name nobody
	Purpose  string
	Ground   Ground
	Keep     string // how long, while the person is here
	Fate     Fate
	// Show are the columns a person gets to see, Sealed those of them that have to be opened first. Inner are how the program
	// keeps track of its work, or tell about somebody else. All together are the columns of the table.
	Show, Inner string
	Sealed      []Sealed
}

// Sealed is a column whose values are sealed.
type Sealed struct {
	Name string
	Row  string // SQL for what the value is bound to beside table and column; bytes are written in hex
	Form SealedForm
	// Nobodys says that it is sealed under the key of nobody, and not under the person's own.
	Nobodys bool
}

// SealedForm is what is inside.
type SealedForm string

// The forms.
const (
	FormJSON  SealedForm = "json"
	FormText  SealedForm = "text"
	FormBytes SealedForm = "bytes" // not shown: it is how the program finds its own work again
)

// Place is what the inventory says of a kind of keys in Redis, or of objects in the bucket.
type Place struct {
	Pattern string // as path.Match understands it
	Holds   string
	Keep    string
	Fate    Fate
}

// Places returns what is kept outside the database. Keys carry keyed hashes and random ids, never Telegram's.
func Places() (redis, bucket []Place) {
	redis = []Place{
		{Pattern: "asynq:*", Holds: "tasks with the ids of work, and statistics of queues", Keep: "until done; failed ones 90 days", Fate: FateNobody},
		{Pattern: "lane:{*}:*", Holds: "updates on their way in, sealed under a key of the program; keyed hashes of those that are done", Keep: "until handled; the hashes 48 hours", Fate: FateDeleted},
		{Pattern: "lanes:*", Holds: "which lanes have something", Keep: "until handled", Fate: FateNobody},
		{Pattern: "upd:*", Holds: "keyed hashes of updates that are done", Keep: "48 hours", Fate: FateNobody},
		{Pattern: "relay:{*}", Holds: "what a copy of a message does not carry, sealed under a key of the program", Keep: "until passed on, an hour at most", Fate: FateDeleted},
		{Pattern: "limit:{*}:*", Holds: "how often something was asked for lately, by keyed hashes; health of providers", Keep: "an hour at most", Fate: FateNobody},
		{Pattern: "pools:*", Holds: "which processes work", Keep: "a minute", Fate: FateNobody},
	}
	bucket = []Place{
		{Pattern: "u/*/*/*", Holds: "pictures that were sent and results, sealed under the person's key", Keep: "until the result is deleted", Fate: FateDeleted},
		{Pattern: "x/*/*", Holds: "exports, sealed under the person's key", Keep: "24 hours", Fate: FateDeleted},
	}
	return redis, bucket
}

// Inventory returns the tables, in an order in which their rows can be deleted: those that refer to others come first.
func Inventory() []Table { return append(inventoryOfPeople(), inventoryOfNobody()...) }
