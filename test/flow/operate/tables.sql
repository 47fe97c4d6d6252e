CREATE TABLE emergencia(num INTEGER PRIMARY KEY, clase TEXT, dia TEXT, muni TEXT, sitio TEXT);
INSERT INTO emergencia VALUES
  (1, 'FLOOD', '2026-05-02', '0101', 'Zona 3'),
  (2, 'RAIN', '2026-05-03', '0510', 'Aldea La Canasta'),
  (3, 'FLOOD', '2026-05-04', '9999', 'un lugar que no existe'),
  (4, 'LANDSLIDE', '2026-05-05', '0709', 'Tzununá');
