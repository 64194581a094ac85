-- People's keys have a database of their own, to be backed up on its own. Postgres runs this when it makes its databases.
CREATE DATABASE imagika_keys;
