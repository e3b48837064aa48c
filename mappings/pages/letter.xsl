<?xml version="1.0" encoding="UTF-8"?>
<!--
  letter.xsl: the covering letter of a cell's package (bridge/core/package.h), in the language of /letter/@lang: to be read, and
  printed on A4. One file that needs no other: its style is inside, nothing in it runs.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:b="urn:cctns-bridge:page"
                exclude-result-prefixes="b">
  <xsl:output method="html" encoding="UTF-8" indent="no" doctype-system="about:legacy-compat"/>
  <xsl:key name="word" match="/letter/words/word" use="@key"/>
  <xsl:variable name="lang" select="/letter/@lang"/>

  <xsl:template name="word">
    <xsl:param name="key"/>
    <xsl:choose>
      <xsl:when test="$lang = 'hi'"><xsl:value-of select="key('word', $key)/@hi"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="key('word', $key)/@en"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- the word of a code, else the code -->
  <xsl:template name="coded">
    <xsl:param name="of"/>
    <xsl:param name="code"/>
    <xsl:choose>
      <xsl:when test="key('word', concat($of, '.', $code))">
        <xsl:call-template name="word"><xsl:with-param name="key" select="concat($of, '.', $code)"/></xsl:call-template>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$code"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="/letter">
    <html lang="{$lang}">
      <head>
        <meta charset="utf-8"/>
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <title><xsl:value-of select="@name"/>: <xsl:call-template name="word">
          <xsl:with-param name="key" select="'letter.number'"/></xsl:call-template>
          <xsl:text> </xsl:text><xsl:value-of select="@number"/></title>
        <style>
body { margin: 2rem auto; max-width: 72rem; padding: 0 1.5rem; color: #1b1f24; background: #fff;
       font: 16px/1.6 "Noto Sans", "Noto Sans Devanagari", "Nirmala UI", sans-serif }
h1 { font-size: 1.6rem; line-height: 1.35; margin: 0 0 .25rem }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; padding-bottom: .25rem; border-bottom: 2px solid #1f4e79 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: 1rem 0 }
dt { color: #57606a } dd { margin: 0 }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .9rem; line-height: 1.5 }
th, td { padding: .35rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid #d0d7de; overflow-wrap: break-word }
.s { overflow-wrap: anywhere; min-width: 12em }
th { font-weight: 600; color: #1f4e79; border-bottom: 2px solid #8c959f; white-space: nowrap }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.d { white-space: nowrap; font-variant-numeric: tabular-nums }
.over { color: #a40e26; font-weight: 600 }
.mark { font-weight: 600 }
.zero td { color: #57606a }
.quiet, .more { color: #57606a }
tbody th { color: inherit; border-bottom: 1px solid #d0d7de; white-space: normal }
tfoot td { font-weight: 600; border-top: 2px solid #8c959f }
@media print {
  @page { size: A4; margin: 14mm }
  body { margin: 0; padding: 0; max-width: none; font-size: 10pt }
  .lists { break-before: page } .lists h2:first-child { margin-top: 0 }
  h2 { break-after: avoid; margin-top: 1.25rem } thead { display: table-header-group } tr { break-inside: avoid }
  .wide { overflow: visible } table { font-size: 8.5pt } .holds { font-size: 10pt }
}
        </style>
      </head>
      <body>
        <main>
          <h1><xsl:call-template name="word"><xsl:with-param name="key" select="'letter.title'"/></xsl:call-template>, <xsl:value-of
              select="@name"/></h1>
          <dl>
            <xsl:call-template name="fact"><xsl:with-param name="key" select="'letter.number'"/>
              <xsl:with-param name="value" select="@number"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="key" select="'letter.day'"/>
              <xsl:with-param name="value" select="@day"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="key" select="'letter.unit'"/>
              <xsl:with-param name="value" select="concat(@name, ' (', @unit, ')')"/></xsl:call-template>
            <xsl:call-template name="fact"><xsl:with-param name="key" select="'letter.period'"/>
              <xsl:with-param name="value" select="concat(b:local(@since), ' – ', b:local(@upto))"/></xsl:call-template>
          </dl>
          <!-- the first sheet of paper: what there is, what is to be done with it, and who has it -->
          <xsl:call-template name="holds"/>
          <xsl:if test="count($units) &lt;= $on_first"><xsl:call-template name="figures"/></xsl:if>
          <xsl:call-template name="ack"/>
          <p class="quiet"><xsl:call-template name="word"><xsl:with-param name="key" select="'letter.secret'"/></xsl:call-template></p>
          <xsl:if test="list/row or count($units) &gt; $on_first">
            <div class="lists">
              <xsl:if test="count($units) &gt; $on_first"><xsl:call-template name="figures"/></xsl:if>
              <xsl:for-each select="list">
                <xsl:sort select="string-length(substring-before($order, concat(' ', @name, ' ')))" data-type="number"/>
                <xsl:if test="row"><xsl:apply-templates select="."/></xsl:if>
              </xsl:for-each>
            </div>
          </xsl:if>
        </main>
      </body>
    </html>
  </xsl:template>

  <xsl:template name="fact">
    <xsl:param name="key"/>
    <xsl:param name="value"/>
    <dt><xsl:call-template name="word"><xsl:with-param name="key" select="$key"/></xsl:call-template></dt>
    <dd><xsl:value-of select="$value"/></dd>
  </xsl:template>

  <!-- a head cell by the word of a column -->
  <xsl:template name="head">
    <xsl:param name="key"/>
    <xsl:param name="class"/>
    <th scope="col">
      <xsl:if test="$class"><xsl:attribute name="class"><xsl:value-of select="$class"/></xsl:attribute></xsl:if>
      <xsl:call-template name="word"><xsl:with-param name="key" select="$key"/></xsl:call-template>
    </th>
  </xsl:template>

  <!-- ==== what there is ==== -->

  <!-- as they are to be looked at in the morning: what can still be kept in time, what is new, what is long over -->
  <xsl:variable name="order"> due new returned unaccepted overdue duplicates moved open </xsl:variable>
  <!-- stations whose figures have room on the first sheet -->
  <xsl:variable name="on_first" select="18"/>
  <!-- where there are more, those that have something -->
  <xsl:variable name="units" select="/letter/unit[count(/letter/unit) &lt;= $on_first or not(@open = 0 and @came = 0 and
    @disposed = 0 and @returned = 0 and @waiting = 0)]"/>

  <xsl:template name="holds">
    <xsl:choose>
      <xsl:when test="sum(list/@rows) = 0">
        <p class="mark"><xsl:call-template name="word"><xsl:with-param name="key" select="'letter.nothing'"/></xsl:call-template></p>
      </xsl:when>
      <xsl:otherwise>
        <table class="holds" aria-label="{@name}">
          <tbody>
            <xsl:for-each select="list">
              <xsl:sort select="string-length(substring-before($order, concat(' ', @name, ' ')))" data-type="number"/>
              <tr>
                <xsl:if test="@rows = 0"><xsl:attribute name="class">zero</xsl:attribute></xsl:if>
                <td><xsl:call-template name="word"><xsl:with-param name="key" select="concat('letter.list.', @name)"/></xsl:call-template></td>
                <td class="n"><xsl:if test="@rows &gt; 0"><xsl:attribute name="class">n mark</xsl:attribute></xsl:if>
                  <xsl:value-of select="b:count(@rows)"/></td>
                <td><xsl:if test="@rows &gt; 0 and key('word', concat('letter.do.', @name))"><xsl:call-template name="word">
                  <xsl:with-param name="key" select="concat('letter.do.', @name)"/></xsl:call-template></xsl:if></td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- a mail leaves no place for a file -->
  <xsl:template name="ack">
    <xsl:variable name="text">
      <xsl:call-template name="word">
        <xsl:with-param name="key"><xsl:choose>
          <xsl:when test="@way = 'mail'">letter.ack.mail</xsl:when>
          <xsl:otherwise>letter.ack</xsl:otherwise>
        </xsl:choose></xsl:with-param>
      </xsl:call-template>
    </xsl:variable>
    <p><xsl:choose>
      <xsl:when test="contains($text, '{number}')">
        <xsl:value-of select="concat(substring-before($text, '{number}'), @number, substring-after($text, '{number}'))"/>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$text"/></xsl:otherwise>
    </xsl:choose></p>
  </xsl:template>

  <!-- ==== figures ==== -->

  <xsl:template name="figures">
    <h2 id="figures"><xsl:call-template name="word"><xsl:with-param name="key" select="'letter.summary'"/></xsl:call-template></h2>
    <div class="wide"><table aria-labelledby="figures">
      <thead><tr>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.office'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.f.came'"/><xsl:with-param name="class" select="'n'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.f.open'"/><xsl:with-param name="class" select="'n'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.f.overdue'"/><xsl:with-param name="class" select="'n'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.f.due_soon'"/><xsl:with-param name="class" select="'n'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.f.disposed'"/><xsl:with-param name="class" select="'n'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.f.returned'"/><xsl:with-param name="class" select="'n'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.f.waiting'"/><xsl:with-param name="class" select="'n'"/></xsl:call-template>
      </tr></thead>
      <tbody>
        <xsl:for-each select="$units">
          <tr>
            <th scope="row"><xsl:value-of select="@name"/></th>
            <td class="n"><xsl:value-of select="b:count(@came)"/></td>
            <td class="n"><xsl:value-of select="b:count(@open)"/></td>
            <td class="n"><xsl:if test="@overdue &gt; 0"><xsl:attribute name="class">n over</xsl:attribute></xsl:if>
              <xsl:value-of select="b:count(@overdue)"/></td>
            <td class="n"><xsl:value-of select="b:count(@due_soon)"/></td>
            <td class="n"><xsl:value-of select="b:count(@disposed)"/></td>
            <td class="n"><xsl:value-of select="b:count(@returned)"/></td>
            <td class="n"><xsl:value-of select="b:count(@waiting)"/></td>
          </tr>
        </xsl:for-each>
      </tbody>
      <tfoot><tr>
        <td><xsl:call-template name="word"><xsl:with-param name="key" select="'letter.total'"/></xsl:call-template></td>
        <td class="n"><xsl:value-of select="b:count(sum(unit/@came))"/></td>
        <td class="n"><xsl:value-of select="b:count(sum(unit/@open))"/></td>
        <td class="n"><xsl:value-of select="b:count(sum(unit/@overdue))"/></td>
        <td class="n"><xsl:value-of select="b:count(sum(unit/@due_soon))"/></td>
        <td class="n"><xsl:value-of select="b:count(sum(unit/@disposed))"/></td>
        <td class="n"><xsl:value-of select="b:count(sum(unit/@returned))"/></td>
        <td class="n"><xsl:value-of select="b:count(sum(unit/@waiting))"/></td>
      </tr></tfoot>
    </table></div>
  </xsl:template>

  <!-- ==== lists ==== -->

  <xsl:template match="list">
    <h2 id="{@name}">
      <xsl:call-template name="word"><xsl:with-param name="key" select="concat('letter.list.', @name)"/></xsl:call-template>
      <xsl:text>: </xsl:text><xsl:value-of select="b:count(@rows)"/>
    </h2>
    <xsl:if test="@name = 'open' and row">
      <p><xsl:call-template name="word"><xsl:with-param name="key" select="'letter.promised'"/></xsl:call-template>:</p>
    </xsl:if>
    <xsl:choose>
      <xsl:when test="row">
        <div class="wide"><table aria-labelledby="{@name}">
          <xsl:choose>
            <xsl:when test="@name = 'moved'">
              <thead><tr><xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.portal'"/></xsl:call-template><xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.number'"/></xsl:call-template>
                <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.moved_on'"/></xsl:call-template><xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.moved_to'"/></xsl:call-template>
                <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.to_number'"/></xsl:call-template></tr></thead>
              <tbody><xsl:for-each select="row"><tr>
                <xsl:call-template name="which"/>
                <td class="d"><xsl:value-of select="moved_on"/></td>
                <td><xsl:value-of select="moved_to"/></td>
                <td class="d"><xsl:value-of select="to_number"/></td>
              </tr></xsl:for-each></tbody>
            </xsl:when>
            <xsl:otherwise>
              <thead><tr><xsl:call-template name="heads"/></tr></thead>
              <tbody><xsl:for-each select="row"><tr><xsl:call-template name="cells"/></tr></xsl:for-each></tbody>
            </xsl:otherwise>
          </xsl:choose>
        </table></div>
      </xsl:when>
      <xsl:when test="@rows = 0">
        <p class="quiet"><xsl:call-template name="word"><xsl:with-param name="key" select="'letter.none'"/></xsl:call-template></p>
      </xsl:when>
    </xsl:choose>
    <xsl:if test="@meant &gt; count(row)">
      <p class="more"><xsl:value-of select="b:count(@meant - count(row))"/><xsl:text> </xsl:text>
        <xsl:call-template name="word"><xsl:with-param name="key" select="'letter.more'"/></xsl:call-template></p>
    </xsl:if>
  </xsl:template>

  <xsl:template name="heads">
    <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.portal'"/></xsl:call-template>
    <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.number'"/></xsl:call-template>
    <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.office'"/></xsl:call-template>
    <xsl:choose>
      <xsl:when test="@name = 'new'">
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.category'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.subject'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.received_on'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.twins'"/></xsl:call-template>
      </xsl:when>
      <xsl:when test="@name = 'returned'">
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.returned_on'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.returned_by'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.reason'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.times'"/><xsl:with-param name="class" select="'n'"/></xsl:call-template>
      </xsl:when>
      <xsl:when test="@name = 'unaccepted'">
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.receiver'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.act'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.why'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.waiting_since_on'"/></xsl:call-template>
      </xsl:when>
      <xsl:when test="@name = 'duplicates'">
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.twin'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.other_number'"/></xsl:call-template>
      </xsl:when>
      <xsl:when test="@name = 'overdue' or @name = 'due'">
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.subject'"/></xsl:call-template>
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.status'"/></xsl:call-template>
      </xsl:when>
      <xsl:when test="@name = 'open'">
        <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.expected_on'"/></xsl:call-template>
      </xsl:when>
    </xsl:choose>
    <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.due_on'"/></xsl:call-template>
    <xsl:call-template name="head"><xsl:with-param name="key" select="'letter.c.days_left'"/></xsl:call-template>
  </xsl:template>

  <xsl:template name="which">
    <!-- "UP IGRS (Jansunwai-Samadhan)" without its second name: a row has two lines -->
    <td><xsl:value-of select="substring-before(concat(portal | system[not(../portal)], ' ('), ' (')"/></td>
    <td>
      <span class="d"><xsl:value-of select="number"/></span>
      <xsl:if test="police_number or priority = 1 or priority = 2"><br/></xsl:if>
      <xsl:if test="police_number"><span class="quiet d"><xsl:value-of select="police_number"/></span></xsl:if>
      <xsl:if test="priority = 1 or priority = 2"><xsl:text> </xsl:text><span class="mark"><xsl:call-template name="word">
        <xsl:with-param name="key" select="concat('letter.priority.', priority)"/></xsl:call-template></span></xsl:if>
    </td>
  </xsl:template>

  <xsl:template name="cells">
    <xsl:call-template name="which"/>
    <td><xsl:value-of select="office"/></td>
    <xsl:choose>
      <xsl:when test="../@name = 'new'">
        <td><xsl:call-template name="coded"><xsl:with-param name="of" select="'category'"/>
          <xsl:with-param name="code" select="category"/></xsl:call-template></td>
        <td class="s"><xsl:value-of select="subject"/>
          <xsl:if test="complainant"><br/><span class="quiet"><xsl:value-of select="complainant"/></span></xsl:if></td>
        <td class="d"><xsl:value-of select="received_on"/></td>
        <td class="s"><xsl:call-template name="twins"/></td>
      </xsl:when>
      <xsl:when test="../@name = 'returned'">
        <td class="d"><xsl:value-of select="returned_on"/></td>
        <td><xsl:value-of select="returned_by"/></td>
        <td class="s"><xsl:call-template name="coded"><xsl:with-param name="of" select="'return'"/>
          <xsl:with-param name="code" select="reason"/></xsl:call-template><xsl:if test="text"><xsl:if test="reason"><br/></xsl:if><xsl:value-of select="text"/></xsl:if></td>
        <td class="n"><xsl:value-of select="times"/></td>
      </xsl:when>
      <xsl:when test="../@name = 'unaccepted'">
        <td><xsl:value-of select="receiver"/></td>
        <td><xsl:call-template name="coded"><xsl:with-param name="of" select="'status'"/>
          <xsl:with-param name="code" select="act"/></xsl:call-template></td>
        <td class="s"><xsl:value-of select="why"/></td>
        <td class="d"><xsl:value-of select="waiting_since_on"/></td>
      </xsl:when>
      <xsl:when test="../@name = 'duplicates'">
        <td><xsl:call-template name="word"><xsl:with-param name="key" select="concat('letter.twin.', twin)"/></xsl:call-template></td>
        <td><xsl:choose>
          <xsl:when test="other_number"><xsl:value-of select="concat(other_system, ' ', other_number)"/></xsl:when>
          <xsl:otherwise><xsl:call-template name="word"><xsl:with-param name="key" select="'letter.elsewhere'"/></xsl:call-template></xsl:otherwise>
        </xsl:choose></td>
      </xsl:when>
      <xsl:when test="../@name = 'overdue' or ../@name = 'due'">
        <td class="s"><xsl:value-of select="substring(subject, 1, 80)"/><xsl:if test="string-length(subject) &gt; 80">…</xsl:if>
          <xsl:if test="complainant"><br/><span class="quiet"><xsl:value-of select="complainant"/></span></xsl:if></td>
        <td><xsl:call-template name="coded"><xsl:with-param name="of" select="'status'"/>
          <xsl:with-param name="code" select="status"/></xsl:call-template>
          <xsl:if test="expected_on"><br/><span class="quiet"><xsl:call-template name="word">
            <xsl:with-param name="key" select="'letter.c.expected_on'"/></xsl:call-template>
            <xsl:text> </xsl:text><span class="d"><xsl:value-of select="expected_on"/></span></span></xsl:if></td>
      </xsl:when>
      <xsl:when test="../@name = 'open'">
        <td class="d"><xsl:value-of select="expected_on"/></td>
      </xsl:when>
    </xsl:choose>
    <td class="d"><xsl:value-of select="due_on"/></td>
    <td class="d"><xsl:call-template name="days"/></td>
  </xsl:template>

  <xsl:template name="twins">
    <xsl:choose>
      <xsl:when test="twins = 'elsewhere'"><xsl:call-template name="word">
        <xsl:with-param name="key" select="'letter.elsewhere'"/></xsl:call-template></xsl:when>
      <xsl:otherwise><xsl:value-of select="twins"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="days">
    <xsl:choose>
      <xsl:when test="not(days_left)"/>
      <xsl:when test="days_left &lt; 0 or overdue = 'yes'">
        <span class="over"><xsl:value-of select="-days_left"/><xsl:text> </xsl:text><xsl:call-template name="word">
          <xsl:with-param name="key" select="'letter.days.over'"/></xsl:call-template></span>
      </xsl:when>
      <xsl:when test="days_left = 0"><span class="mark"><xsl:call-template name="word">
        <xsl:with-param name="key" select="'letter.days.today'"/></xsl:call-template></span></xsl:when>
      <xsl:otherwise><xsl:value-of select="days_left"/><xsl:text> </xsl:text><xsl:call-template name="word">
        <xsl:with-param name="key" select="'letter.days.left'"/></xsl:call-template></xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
