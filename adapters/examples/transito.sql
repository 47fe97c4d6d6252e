-- The reader's own tables for transito.sink.yaml. One fact is (stream, id_local).
CREATE TABLE transito(
    stream     TEXT NOT NULL,
    id_local   TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    ocurrido   TEXT,
    precision_ TEXT,
    municipio  TEXT,
    depto      TEXT,
    zona       INTEGER,
    sin_zona   TEXT,            -- why there is no zone
    tipo       INTEGER,
    sin_personas TEXT,          -- why the victims are not known
    norma      TEXT,
    PRIMARY KEY(stream, id_local)
) WITHOUT ROWID;
CREATE TABLE transito_vehiculo(
    stream TEXT NOT NULL, id_local TEXT NOT NULL,
    tipo INTEGER, marca INTEGER, color INTEGER, modelo INTEGER,
    ebrio INTEGER, sin_ebrio TEXT
);
CREATE INDEX transito_vehiculo_de ON transito_vehiculo(stream, id_local);
CREATE TABLE transito_persona(
    stream TEXT NOT NULL, id_local TEXT NOT NULL,
    resultado INTEGER, internado INTEGER, sexo TEXT, edad INTEGER,
    sin_resultado TEXT, sin_sexo TEXT, sin_edad TEXT   -- reasons, 'reservado' where withheld
);
CREATE INDEX transito_persona_de ON transito_persona(stream, id_local);
