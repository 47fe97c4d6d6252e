-- The reader's own table for incidentes.sink.yaml. One fact is (stream, id_local).
CREATE TABLE incidente(
    stream     TEXT NOT NULL,
    id_local   TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    ocurrido   TEXT,
    precision_ TEXT,
    municipio  TEXT,
    sin_municipio TEXT,         -- why there is no municipality
    depto      TEXT,
    evento     TEXT,
    hip        TEXT,
    lugar      TEXT,
    sin_lugar  TEXT,            -- 'reservado' where this reader may not see it
    muertos INTEGER, heridos INTEGER, desaparecidos INTEGER, afectados INTEGER,
    damnificados INTEGER, evacuados INTEGER, albergados INTEGER, en_riesgo INTEGER,
    reubicados INTEGER, viviendas_destruidas INTEGER, viviendas_afectadas INTEGER,
    vias_m REAL, cultivos_ha REAL, escuelas INTEGER, centros_salud INTEGER,
    PRIMARY KEY(stream, id_local)
) WITHOUT ROWID;
