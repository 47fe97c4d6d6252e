/* Purpose: explanations in Spanish, codes 600 to 699: the journal and what proves it.
 * Invariant: rows rise by number and end by 0. */
#include "broker/cli/explain_rows.h"

const struct sb_explain sb_explain_es_journal[] = {
    {601,
     "Una entrada del diario no es correcta",
     "El registro, la clase o la hora de una entrada no da la hoja del árbol: fue "
     "alterada o dañada.",
     "Detenga el broker, guarde el archivo, restaure un respaldo y diga a los testigos "
     "desde qué índice."},
    {602,
     "Un cifrado es incorrecto o falta",
     "Un cifrado no corresponde a su resumen, o falta sin registro de depuración.",
     "Restáurelo de un respaldo, o pida al publicador que lo reenvíe."},
    {603,
     "El árbol no es correcto",
     "Un nodo guardado del árbol del diario no resulta de los nodos de abajo.",
     "Detenga el broker, guarde el archivo y restaure un respaldo."},
    {604,
     "Una página del diario está dañada",
     "Una página del archivo SQLite no se puede leer como lo que debería ser.",
     "Guarde el archivo, revise el disco y restaure un respaldo."},
    {605,
     "Raíz distinta a la esperada",
     "El árbol del diario no da la raíz que usted tiene.",
     "Guarde ambas; una de ellas es una historia falsificada o perdida."},
    {606,
     "El diario está incompleto",
     "Tiene menos entradas que las que dice un punto de control suyo.",
     "Se perdieron o quitaron entradas: guarde el punto de control y restaure un "
     "respaldo."},
    {607,
     "Un punto de control no se sostiene",
     "La firma o la raíz de un punto de control guardado no corresponde al diario.",
     "Guarde el archivo y compare con lo que tienen los testigos."},
    {608,
     "Otra generación",
     "El diario es de otra generación que la que nombra el directorio.",
     "Arranque el broker con el diario correcto, o que la autoridad abra la nueva "
     "generación."},
    {609,
     "El diario está en uso",
     "Otro proceso tiene el diario abierto para escribir.",
     "Detenga el otro broker; nunca deben escribir dos en un mismo diario."},
    {610,
     "El orden del diario está roto",
     "Los índices, las horas o los números de una serie no suben como deben.",
     "Detenga el broker, guarde el archivo y restaure un respaldo."},
    {611,
     "Dos historias de un mismo diario",
     "El broker firmó dos árboles que se contradicen. Las dos notas firmadas se "
     "guardan como evidencia.",
     "Deje de confiar en este broker; entregue ambas notas a la autoridad y compárelas "
     "con lo que tienen los demás testigos."},
    {612,
     "Los árboles no son consistentes",
     "La prueba no muestra que el árbol menor sea el comienzo del mayor.",
     "Pida la prueba otra vez; si falla de nuevo, guarde ambos puntos de control: se "
     "reescribió la historia o uno es falso."},
    {613,
     "No está en el árbol",
     "El camino no lleva de este asiento a la raíz del punto de control.",
     "Pida la prueba otra vez; si falla de nuevo, el asiento no está en esa historia o "
     "fue cambiado."},
    {614,
     "No bastan los testigos",
     "Cofirmaron menos testigos de los que pide la política del directorio; el punto "
     "de control no es definitivo.",
     "Espere, o vea con `sacbe status` qué testigo calla; quizá uno anterior sea "
     "definitivo."},
    {615,
     "Una cofirma es incorrecta",
     "Una línea de un testigo conocido no corresponde a la nota, a su llave o a su "
     "nombre.",
     "No cuenta; pida a ese testigo su propia copia del punto de control."},
    {616,
     "Falta algo sin constancia",
     "Falta un texto cifrado y ningún asiento de depuración o retiro del diario lo "
     "explica.",
     "Es una pérdida o una supresión: pídalo al archivo, a un lector o a quien lo "
     "publicó, e infórmelo."},
    {617,
     "Un archivo del árbol es incorrecto",
     "Un archivo del árbol de hashes falta, está cortado o no resulta de los que están "
     "debajo.",
     "Tome el paquete otra vez; si sigue igual, guárdelo: la carpeta no muestra el "
     "árbol de su punto de control."},
    {618,
     "El paquete no está completo",
     "Falta un archivo del paquete, está cortado o es muy largo, o la carpeta contiene "
     "otra cosa.",
     "Ejecute otra vez `sacbe journal export` en la misma carpeta o en una vacía."},
    {619,
     "La política no lo permite",
     "La retención del directorio no permite quitar textos cifrados de esa edad, o los "
     "guarda para siempre.",
     "Vea `sacbe directory show`; la autoridad la cambia con `sacbe directory "
     "policy`."},
    {620,
     "Un lote guardado no está probado",
     "El broker respondió que guardó un lote, pero no lo probó a tiempo ante quien lo "
     "publicó.",
     "Conserve la bandeja de salida; vea `sacbe status` del adaptador y del broker, y "
     "pregunte al operador por qué ningún punto de control lo cubre."},
    {621,
     "Se retiene parte de un flujo",
     "Quien publica firmó que su flujo llega más lejos que lo que el broker entrega a "
     "este lector.",
     "Compare `sacbe status` con quien publica y llame al operador; guarde lo "
     "firmado."},
    {622,
     "Un acuse falta, llega tarde o es incorrecto",
     "El acuse firmado de un lector no cubre lo que recibió, o llegó después del plazo "
     "esperado.",
     "Vea `sacbe lag` y el adaptador de ese lector; la institución misma debe "
     "explicarlo."},
    {623,
     "Las raíces no se pueden usar",
     "El archivo de raíces no es como se publica, o estas raíces no firmaron el primer "
     "directorio.",
     "Tome las raíces de la publicación oficial, nunca del paquete; `sacbe directory "
     "show --roots` las imprime."},
    {624,
     "Retirado",
     "Quien publicó este evento lo retiró; el texto cifrado ya no está, quedan su "
     "firma y su lugar.",
     "El motivo está en el retiro del diario; los lectores deben haberlo borrado y "
     "firmado."},
    {625,
     "No es un archivo de prueba",
     "El archivo no es la prueba de un evento, está dañado, o contiene más o menos de "
     "lo debido.",
     "Pídalo otra vez a la institución: `sacbe event prove FLUJO@NÚMERO -o ARCHIVO`."},
    {626,
     "No se puede revelar",
     "Esta institución no tiene la llave de esa clase para este evento, o la "
     "revelación no corresponde a su constancia.",
     "Nombre una clase que pueda leer; para revelar hace falta --order con el texto de "
     "la orden."},
    {627,
     "Depurado",
     "El texto cifrado se quitó con un asiento de depuración; las firmas y los hashes "
     "siguen valiendo.",
     "Búsquelo en el archivo que se hizo antes, si se necesita su contenido."},
    {628,
     "Una bifurcación",
     "Dos lotes distintos continúan el mismo lote de un flujo; o un turno o un acuse "
     "nombra un árbol que este diario nunca tuvo: el broker lo rechaza.",
     "Guarde ambos lotes: la institución fue copiada o firmó dos veces. Pregúntele "
     "cuál turno es el suyo. Tras un rechazo, compare los puntos de control: o a la "
     "institución se le mostró otro diario, o dice lo que no es."},
    {629,
     "El respaldo no está completo",
     "Un respaldo del diario está dañado, o no es lo que dice su propia nota.",
     "Use otra copia; 'sacbe journal verify ARCHIVO' dice dónde está dañado."},
    {0, NULL, NULL, NULL}};
