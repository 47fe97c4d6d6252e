-- What a reader of a fault test counts: each application is a row, so that one too many
-- shows. No key on purpose.
CREATE TABLE llegada(origen TEXT NOT NULL, ref TEXT NOT NULL, seq INTEGER NOT NULL);
