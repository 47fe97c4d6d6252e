-- The reader's own table for sismos.sink.yaml. One fact is (stream, id_local).
CREATE TABLE sismo(
    stream        TEXT NOT NULL,
    id_local      TEXT NOT NULL,
    seq           INTEGER NOT NULL,
    ocurrido      TEXT,
    lat REAL, lon REAL, profundidad_km REAL,
    magnitud      REAL,
    tipo_magnitud TEXT,
    revision      TEXT,
    sensible      INTEGER,
    evento_red    TEXT,
    PRIMARY KEY(stream, id_local)
) WITHOUT ROWID;
