-- What an operator is there for: window (people who stand before them) or city (who may join).
ALTER TABLE operator ADD COLUMN role TEXT NOT NULL DEFAULT 'window';
