<?php
/*
 * Rehearsal PGMS: the contract of mappings/pgms.wsdl by PHP's own SoapServer, for "php -S". PGMS_DIR is its folder (store.db,
 * password, clock), PGMS_WSDL the contract. TLS is before it.
 */
const NS = 'http://pgms.delhi.example.invalid/2.0';
const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const SKEW = 60;            // seconds that the clocks may differ
const FORBIDDEN = '/[\'"<>^~|{}]/u';
const LONGEST = 2000;       // characters of a reply
const LARGEST = 2097152;    // bytes of a paper

date_default_timezone_set('Asia/Kolkata');
$folder = getenv('PGMS_DIR');
$db = new SQLite3("$folder/store.db");
$db->busyTimeout(60000);
$db->enableExceptions(true);

function rows($query, $values = [])
{
    global $db;
    $s = $db->prepare($query);
    foreach ($values as $name => $value)
        $s->bindValue($name, $value);
    $r = $s->execute();
    $out = [];
    while ($row = $r->fetchArray(SQLITE3_ASSOC))
        $out[] = $row;
    return $out;
}

function run($query, $values = [])
{
    global $db;
    $s = $db->prepare($query);
    foreach ($values as $name => $value)
        $s->bindValue($name, $value);
    $s->execute();
    return $db->changes();
}

function now()
{
    return new DateTimeImmutable(trim(strtok(file_get_contents(getenv('PGMS_CLOCK')), "\n")));
}

function stored(DateTimeImmutable $at)
{
    return $at->setTimezone(new DateTimeZone('Asia/Kolkata'))->format('Y-m-d H:i:s');
}

/* 05-11-2020 15:15:00 -> 2020-11-05 15:15:00 */
function stamp_in($text)
{
    $at = DateTimeImmutable::createFromFormat('!d-m-Y H:i:s', $text);
    if (!$at)
        throw new SoapFault('Sender', 'no such date');
    return $at->format('Y-m-d H:i:s');
}

function when_in($text)
{
    $at = DateTimeImmutable::createFromFormat('!d-M-Y h:i A', $text) ?: DateTimeImmutable::createFromFormat('!d-M-Y', $text);
    if (!$at)
        throw new SoapFault('Sender', 'no such date');
    return $at->format('Y-m-d H:i:s');
}

function shown($text, $format)
{
    return $text === null ? null : (new DateTimeImmutable($text))->format($format);
}

function stamp($text) { return shown($text, 'd-m-Y H:i:s'); }
function when($text) { return shown($text, 'd-M-Y h:i A'); }
function day($text) { return shown($text, 'd-M-Y'); }

/* "90|Transferred" -> <Status code="90">Transferred</Status> */
function status($word)
{
    [$code, $text] = explode('|', $word, 2);
    return ['_' => $text, 'code' => $code];
}

function filled($list)
{
    return array_filter($list, fn($value) => $value !== null);
}

class Pgms
{
    private $known = false;

    /* The WS-Security header: user name, digest of nonce, time and password, and a timestamp. */
    public function Security($s)
    {
        global $folder;
        $token = $s->UsernameToken ?? null;
        $stamp = $s->Timestamp ?? null;
        if (!$token || !$stamp || !isset($stamp->Created, $stamp->Expires, $token->Nonce, $token->Created))
            $this->refuse('InvalidSecurity', 'UsernameToken with Nonce and Created, and a Timestamp, are needed');
        $now = now()->getTimestamp();
        $made = strtotime($stamp->Created);
        $ends = strtotime($stamp->Expires);
        if (!$made || !$ends || $made > $now + SKEW || $ends < $now || $ends - $made > 600)
            $this->refuse('MessageExpired', 'the message has expired');
        if (abs(strtotime($token->Created) - $now) > 300 + SKEW)
            $this->refuse('MessageExpired', 'the token has expired');
        $nonce = base64_decode($token->Nonce, true);
        $password = trim(file_get_contents("$folder/password"));
        $digest = base64_encode(sha1($nonce . $token->Created . $password, true));
        if ($nonce === false || strlen($nonce) < 16 || $token->Username !== getenv('PGMS_USER') || !hash_equals($digest, $token->Password))
            $this->refuse('FailedAuthentication', 'the token could not be authenticated');
        run('DELETE FROM nonce WHERE at < :old', [':old' => $now - 3600]);
        if (run('INSERT OR IGNORE INTO nonce VALUES (:n, :at)', [':n' => $token->Nonce, ':at' => $now]) != 1)
            $this->refuse('FailedAuthentication', 'this nonce came before');
        $this->known = true;
    }

    private function refuse($code, $text)
    {
        throw new SoapFault([WSSE, $code], $text);
    }

    private function check()
    {
        if (!$this->known)
            $this->refuse('InvalidSecurity', 'a Security header is needed');
    }

    private function window($ask)
    {
        $this->check();
        return [':since' => isset($ask->From) ? stamp_in($ask->From) : '', ':after' => $ask->After ?? '', ':until' => stamp_in($ask->To),
                ':rows' => $ask->Rows + 1];
    }

    private function page($found, $ask, $name, $each)
    {
        $more = count($found) > $ask->Rows;
        return ['more' => $more, $name => array_map($each, array_slice($found, 0, $ask->Rows))];
    }

    public function GetGrievances($ask)
    {
        $found = rows('SELECT * FROM grievance WHERE (changed, no) > (:since, :after) AND changed <= :until ORDER BY changed, no LIMIT :rows',
                      $this->window($ask));
        return $this->page($found, $ask, 'Grievance', function ($g) {
            $moves = rows('SELECT * FROM movement WHERE no = :no ORDER BY seq', [':no' => $g['no']]);
            return filled([
                'GrievanceNo' => $g['no'], 'Status' => status($g['status']), 'Office' => $g['office'], 'Channel' => $g['channel'],
                'Urgency' => $g['urgency'], 'Category' => $g['category'], 'Subject' => $g['subject'], 'Description' => $g['description'],
                'Against' => $g['against'],
                'Complainant' => filled(['Name' => $g['name'], 'FatherHusband' => $g['father'], 'Sex' => $g['sex'], 'Age' => $g['age'],
                    'MobileNo' => $g['mobile'], 'Email' => $g['email'], 'Address' => $g['address'], 'PinCode' => $g['pin']]),
                'LodgedOn' => when($g['lodged']), 'ForwardedOn' => when($g['forwarded']), 'ReplyBy' => day($g['reply_by']),
                'ModifiedOn' => stamp($g['changed']),
                'Movements' => $moves ? ['Movement' => array_map(fn($m) => filled(['SlNo' => $m['seq'], 'Status' => status($m['status']),
                    'On' => when($m['at']), 'Office' => $m['office'], 'Remarks' => $m['remarks'], 'MovedTo' => $m['moved_to'],
                    'NumberThere' => $m['number_there']]), $moves)] : null]);
        });
    }

    public function GetPapers($ask)
    {
        $found = rows('SELECT * FROM paper WHERE (changed, id) > (:since, :after) AND changed <= :until ORDER BY changed, id LIMIT :rows',
                      $this->window($ask));
        return $this->page($found, $ask, 'Paper', fn($p) => filled(['PaperId' => $p['id'], 'GrievanceNo' => $p['no'], 'Kind' => $p['kind'],
            'FileName' => $p['name'], 'MimeType' => $p['type'], 'Size' => $p['size'], 'ModifiedOn' => stamp($p['changed']),
            'Content' => file_get_contents($p['path'])]));
    }

    public function GetNumbers($ask)
    {
        $found = rows('SELECT * FROM grievance WHERE (changed, no) > (:since, :after) AND changed <= :until ORDER BY changed, no LIMIT :rows',
                      $this->window($ask));
        return $this->page($found, $ask, 'Number', fn($g) => filled(['GrievanceNo' => $g['no'], 'Status' => status($g['status']),
            'Office' => $g['office'], 'LodgedOn' => when($g['lodged']), 'ForwardedOn' => when($g['forwarded']),
            'ModifiedOn' => stamp($g['changed'])]));
    }

    public function GetCounts($ask)
    {
        $this->check();
        $found = rows("SELECT office, status, substr(coalesce(forwarded, lodged), 1, 10) AS day, count(*) AS n FROM grievance
                       WHERE coalesce(forwarded, lodged) BETWEEN :from AND :to GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
                      [':from' => isset($ask->From) ? stamp_in($ask->From) : '', ':to' => stamp_in($ask->To)]);
        return ['Count' => array_map(fn($c) => ['Office' => $c['office'], 'Status' => status($c['status']), 'Day' => day($c['day']),
            'Total' => $c['n']], $found)];
    }

    public function FindReference($ask)
    {
        $this->check();
        $found = rows("SELECT reference, ack, taken, 'reply' AS place FROM reply WHERE reference = :r UNION ALL
                       SELECT reference, ack, taken, 'reply_paper' FROM reply_paper WHERE reference = :r", [':r' => $ask->Reference]);
        return ['Taken' => array_map(fn($t) => ['Reference' => $t['reference'], 'AckNo' => self::ack($t['place'], $t['ack']),
            'On' => when($t['taken'])], $found)];
    }

    public function PostReply($ask)
    {
        $this->check();
        foreach (['Text', 'OfficerName', 'Designation', 'Office', 'MovedTo', 'NumberThere'] as $part) {
            $text = $ask->$part ?? '';
            if (preg_match(FORBIDDEN, $text))
                return $this->failed($ask, 'E_CHARS', "$part holds a character that is not allowed");
            if (preg_match_all('/./su', $text) > LONGEST)
                return $this->failed($ask, 'E_LENGTH', "$part is too long");
        }
        $status = ['Registered' => '20|Registered', 'Forwarded to district' => '30|Forwarded to district', 'Under process' => '40|Under process', 'Interim reply' => '50|Interim reply',
            'Reply uploaded' => '60|Reply uploaded', 'Disposed' => '90|Disposed', 'Transferred' => '90|Transferred',
            'Rejected' => '90|Rejected'][$ask->ReplyType] ?? null;
        if (!$status)
            return $this->failed($ask, 'E_TYPE', 'no such reply type');
        return $this->take($ask, 'reply', ['kind' => $ask->ReplyType, 'at' => when_in($ask->RepliedOn), 'text' => $ask->Text ?? null,
            'expected' => isset($ask->ExpectedOn) ? when_in($ask->ExpectedOn) : null, 'officer' => $ask->OfficerName ?? null,
            'designation' => $ask->Designation ?? null, 'mobile' => $ask->MobileNo ?? null, 'office' => $ask->Office ?? null,
            'police_no' => $ask->PoliceNo ?? null, 'outcome' => $ask->Outcome ?? null, 'reason' => $ask->Reason ?? null,
            'moved_to' => $ask->MovedTo ?? null, 'number_there' => $ask->NumberThere ?? null], $status);
    }

    public function PostPaper($ask)
    {
        global $folder;
        $this->check();
        if (strlen($ask->Content) > LARGEST)
            return $this->failed($ask, 'E_SIZE', 'a paper has at most 2 MB');
        if (strncmp($ask->Content, '%PDF-', 5) != 0)
            return $this->failed($ask, 'E_PDF', 'a paper is a PDF');
        if (preg_match(FORBIDDEN, $ask->FileName))
            return $this->failed($ask, 'E_CHARS', 'the file name holds a character that is not allowed');
        return $this->take($ask, 'reply_paper', ['kind' => $ask->Kind, 'name' => $ask->FileName, 'type' => $ask->MimeType ?? null,
            'size' => strlen($ask->Content), 'sha256' => hash('sha256', $ask->Content)], null);
    }

    private function take($ask, $table, $row, $status)
    {
        global $db, $fault;
        $digest = sha1(serialize($row) . $ask->GrievanceNo);
        $first = rows("SELECT ack, digest FROM $table WHERE reference = :r", [':r' => $ask->Reference]);
        if ($first && $first[0]['digest'] !== $digest)
            return $this->failed($ask, 'E_REFERENCE', 'another message had this reference');
        if ($first)
            return ['Reference' => $ask->Reference, 'Result' => 'R', 'AckNo' => self::ack($table, $first[0]['ack'])];
        if (!rows('SELECT 1 FROM grievance WHERE no = :no', [':no' => $ask->GrievanceNo]))
            return $this->failed($ask, 'E_NUMBER', 'no grievance has this number');
        $taken = stored(now());
        $row += ['reference' => $ask->Reference, 'digest' => $digest, 'no' => $ask->GrievanceNo, 'taken' => $taken];
        $db->exec('BEGIN IMMEDIATE');
        $names = array_keys($row);
        run("INSERT INTO $table (" . implode(', ', $names) . ') VALUES (:' . implode(', :', $names) . ')', array_combine(
            array_map(fn($n) => ":$n", $names), array_values($row)));
        $ack = $db->lastInsertRowID();
        if ($status)
            run('UPDATE grievance SET status = :s, changed = max(changed, :at) WHERE no = :no',
                [':s' => $status, ':at' => $taken, ':no' => $ask->GrievanceNo]);
        $db->exec('COMMIT');
        return ['Reference' => $ask->Reference, 'Result' => 'S', 'AckNo' => self::ack($table, $ack)];
    }

    private function failed($ask, $code, $text)
    {
        return ['Reference' => $ask->Reference, 'Result' => 'F', 'ErrorCode' => $code, 'ErrorText' => $text];
    }

    private static function ack($table, $n)
    {
        return sprintf('%s-%07d', $table == 'reply' ? 'PG-ACK' : 'PG-PAP', $n);
    }
}

/* What was ordered for this call: [kind, arg]. */
function ordered($operation)
{
    $due = rows("SELECT * FROM fault WHERE operation IN (:o, '*') ORDER BY id LIMIT 1", [':o' => $operation]);
    if (!$due)
        return [null, ''];
    run($due[0]['times'] > 1 ? 'UPDATE fault SET times = times - 1 WHERE id = :id' : 'DELETE FROM fault WHERE id = :id',
        [':id' => $due[0]['id']]);
    return [$due[0]['kind'], $due[0]['arg']];
}

/* "php -S" cannot end a connection: it promises more bytes than come, which is the same to the other side. */
function broken($reply)
{
    header('Content-Type: application/soap+xml; charset=utf-8');
    header('Content-Length: ' . (strlen($reply) + 1000));
    echo substr($reply, 0, intdiv(strlen($reply), 2));
    exit;
}

$body = file_get_contents('php://input');
if (is_dir("$folder/requests"))
    file_put_contents(sprintf('%s/requests/%06d', $folder, count(scandir("$folder/requests"))), $body);
preg_match('/<(?:[\w.-]+:)?Body[^>]*>\s*<(?:[\w.-]+:)?(\w+)/', substr($body, 0, 8192), $m);
$operation = $m[1] ?? '?';
[$fault, $arg] = ordered($operation);
if ($fault == 'delay')
    usleep((int)($arg * 1e6));
if ($fault == 'drop_before')
    broken('<?xml version="1.0"?>');
if ($fault == 'http' || $fault == 'html') {
    http_response_code($fault == 'http' ? (int)$arg : 200);
    header('Content-Type: text/html');
    echo '<!DOCTYPE html><html><body><h1>Maintenance</h1><br></body></html>';
    run('INSERT INTO call VALUES (:o, 1, 0) ON CONFLICT (operation) DO UPDATE SET n = n + 1', [':o' => $operation]);
    exit;
}
$server = new SoapServer(getenv('PGMS_WSDL'), ['soap_version' => SOAP_1_2, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
    'cache_wsdl' => WSDL_CACHE_MEMORY]);
$server->setObject(new Pgms());
$before = $db->querySingle('SELECT count(*) FROM reply') + $db->querySingle('SELECT count(*) FROM reply_paper');
ob_start();
if ($fault != 'fault')
    $server->handle($body);
$reply = ob_get_clean();
$after = $db->querySingle('SELECT count(*) FROM reply') + $db->querySingle('SELECT count(*) FROM reply_paper');
run('INSERT INTO call VALUES (:o, 1, :c) ON CONFLICT (operation) DO UPDATE SET n = n + 1, changed = changed + excluded.changed',
    [':o' => $operation, ':c' => $after - $before]);
if ($fault == 'drop')
    broken($reply);
if ($fault == 'malformed')
    $reply = substr($reply, 0, strrpos($reply, '</'));
if ($fault == 'effect_no_reply' || $fault == 'fault') {
    $code = $fault == 'fault' && $arg ? $arg : 'Receiver';
    http_response_code(500);
    $reply = '<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"><env:Body><env:Fault>'
        . '<env:Code><env:Value>env:' . $code . '</env:Value></env:Code><env:Reason><env:Text xml:lang="en">as ordered</env:Text></env:Reason>'
        . '</env:Fault></env:Body></env:Envelope>';
}
header('Content-Length: ' . strlen($reply));
echo $reply;
