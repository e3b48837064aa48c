<?xml version="1.0" encoding="UTF-8"?>
<!-- Last night, for those who run the bridge. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:b="urn:cctns-bridge:page"
                exclude-result-prefixes="b">
  <xsl:import href="common.xsl"/>

  <xsl:variable name="top">
    <xsl:for-each select="/house/nights/row">
      <xsl:sort select="came" data-type="number" order="descending"/>
      <xsl:if test="position() = 1"><xsl:value-of select="came"/></xsl:if>
    </xsl:for-each>
  </xsl:variable>
  <xsl:variable name="sent">
    <xsl:for-each select="/house/nights/row">
      <xsl:sort select="delivered" data-type="number" order="descending"/>
      <xsl:if test="position() = 1"><xsl:value-of select="delivered"/></xsl:if>
    </xsl:for-each>
  </xsl:variable>
  <xsl:variable name="high">
    <xsl:choose>
      <xsl:when test="$top &gt;= $sent and $top &gt; 0"><xsl:value-of select="$top"/></xsl:when>
      <xsl:when test="$sent &gt; 0"><xsl:value-of select="$sent"/></xsl:when>
      <xsl:otherwise>1</xsl:otherwise>
    </xsl:choose>
  </xsl:variable>

  <!-- 30 nights: what came beside what was delivered; a red foot where the night did not end well or did not run. -->
  <xsl:template name="chart">
    <figure>
      <p>
        <span class="key"><svg viewBox="0 0 8 8" aria-hidden="true"><rect class="bar-a" width="8" height="8"/></svg><xsl:call-template name="w"><xsl:with-param name="key">col.came</xsl:with-param></xsl:call-template></span>
        <span class="key"><svg viewBox="0 0 8 8" aria-hidden="true"><rect class="bar-b" width="8" height="8"/></svg><xsl:call-template name="w"><xsl:with-param name="key">col.delivered</xsl:with-param></xsl:call-template></span>
        <span class="key"><svg viewBox="0 0 8 8" aria-hidden="true"><rect class="bar-x" width="8" height="8"/></svg><xsl:call-template name="w"><xsl:with-param name="key">nights.bad</xsl:with-param></xsl:call-template></span>
      </p>
      <svg viewBox="0 0 960 200" role="img" aria-labelledby="nights-title">
        <title id="nights-title"><xsl:call-template name="w"><xsl:with-param name="key">nights.title</xsl:with-param></xsl:call-template></title>
        <line class="grid" x1="56" x2="956" y1="10" y2="10"/>
        <line class="grid" x1="56" x2="956" y1="85" y2="85"/>
        <line class="grid" x1="56" x2="956" y1="160" y2="160"/>
        <text x="50" y="14" text-anchor="end"><xsl:value-of select="b:count(string($high))"/></text>
        <text x="50" y="89" text-anchor="end"><xsl:value-of select="b:count(string(round($high div 2)))"/></text>
        <text x="50" y="164" text-anchor="end">0</text>
        <xsl:for-each select="/house/nights/row">
          <xsl:variable name="x" select="56 + (position() - 1) * 30"/>
          <xsl:variable name="a" select="150 * came div $high"/>
          <xsl:variable name="d" select="150 * delivered div $high"/>
          <rect class="bar-a" x="{$x + 5}" width="9" y="{160 - $a}" height="{$a}"/>
          <rect class="bar-b" x="{$x + 16}" width="9" y="{160 - $d}" height="{$d}"/>
          <xsl:if test="began = 'true' and (runs = 0 or broken &gt; 0 or (exit_code and exit_code != 0 and exit_code != 3))"><rect class="bar-x" x="{$x + 5}" width="20" y="163" height="4"/></xsl:if>
          <xsl:if test="position() mod 5 = 0 or position() = 1">
            <text x="{$x + 15}" y="186" text-anchor="middle"><xsl:value-of select="number(substring(day, 9, 2))"/>.<xsl:value-of select="number(substring(day, 6, 2))"/>.</text>
          </xsl:if>
        </xsl:for-each>
      </svg>
    </figure>
  </xsl:template>

  <xsl:template match="/house">
    <xsl:call-template name="frame">
      <xsl:with-param name="title"><xsl:call-template name="w"><xsl:with-param name="key">title.it</xsl:with-param></xsl:call-template></xsl:with-param>
      <xsl:with-param name="body">
        <xsl:call-template name="last"/>
        <section>
          <h2><xsl:call-template name="w"><xsl:with-param name="key">moved.title</xsl:with-param></xsl:call-template></h2>
          <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">moved.lead</xsl:with-param></xsl:call-template></p>
          <xsl:call-template name="table">
            <xsl:with-param name="id">equations</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">moved.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">system hop stream #offered #applied #unchanged #duplicate #set_aside #conflict #dead #in_doubt #out_of_window</xsl:with-param>
            <xsl:with-param name="rows" select="equations/row"/>
            <xsl:with-param name="none">moved.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="equations/row">
                <xsl:variable name="secret" select="key('system', system)/secret = 'true'"/>
                <xsl:variable name="row" select="offered | applied | unchanged | duplicate | set_aside | conflict | dead | in_doubt | out_of_window"/>
                <tr>
                  <th scope="row"><xsl:value-of select="system"/></th>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">hop</xsl:with-param><xsl:with-param name="code" select="hop"/></xsl:call-template></td>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">stream</xsl:with-param><xsl:with-param name="code" select="stream"/></xsl:call-template></td>
                  <xsl:for-each select="$row">
                    <xsl:call-template name="n"><xsl:with-param name="n" select="."/><xsl:with-param name="secret" select="$secret"/><xsl:with-param name="row" select="$row"/><xsl:with-param name="loud" select="self::set_aside or self::conflict or self::dead or self::in_doubt"/></xsl:call-template>
                  </xsl:for-each>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
        </section>

        <section>
          <h2><xsl:call-template name="w"><xsl:with-param name="key">waits.title</xsl:with-param></xsl:call-template></h2>
          <p class="lead"><xsl:call-template name="w"><xsl:with-param name="key">waits.lead</xsl:with-param></xsl:call-template></p>
          <xsl:call-template name="table">
            <xsl:with-param name="id">held</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">held.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">system kind reason #n oldest newest</xsl:with-param>
            <xsl:with-param name="rows" select="held/row"/>
            <xsl:with-param name="none">held.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="held/row">
                <tr>
                  <th scope="row"><xsl:value-of select="system"/></th>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">held</xsl:with-param><xsl:with-param name="code" select="kind"/></xsl:call-template></td>
                  <td class="mono"><xsl:value-of select="reason"/></td>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="n"/><xsl:with-param name="secret" select="key('system', system)/secret = 'true'"/></xsl:call-template>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="oldest"/></xsl:call-template></td>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="newest"/></xsl:call-template></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <h3><xsl:call-template name="w"><xsl:with-param name="key">backlog.title</xsl:with-param></xsl:call-template></h3>
          <xsl:call-template name="table">
            <xsl:with-param name="id">backlog</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">backlog.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">to stream state #n oldest</xsl:with-param>
            <xsl:with-param name="rows" select="backlog/row"/>
            <xsl:with-param name="none">backlog.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="backlog/row">
                <tr>
                  <th scope="row"><xsl:value-of select="system"/></th>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">stream</xsl:with-param><xsl:with-param name="code" select="stream"/></xsl:call-template></td>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">state</xsl:with-param><xsl:with-param name="code" select="state"/></xsl:call-template></td>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="n"/><xsl:with-param name="secret" select="key('system', system)/secret = 'true'"/></xsl:call-template>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="oldest"/></xsl:call-template></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
        </section>

        <section>
          <h2><xsl:call-template name="w"><xsl:with-param name="key">nights.head</xsl:with-param></xsl:call-template></h2>
          <xsl:call-template name="chart"/>
          <details>
            <summary><xsl:call-template name="w"><xsl:with-param name="key">nights.table</xsl:with-param></xsl:call-template></summary>
            <xsl:call-template name="table">
              <xsl:with-param name="id">nights</xsl:with-param>
              <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">nights.title</xsl:with-param></xsl:call-template></xsl:with-param>
              <xsl:with-param name="heads">day #runs #broken #exit_code #took #came #staged #delivered #refused #held #in_doubt</xsl:with-param>
              <xsl:with-param name="rows" select="nights/row"/>
              <xsl:with-param name="body">
                <xsl:for-each select="nights/row">
                  <xsl:sort select="day" order="descending"/>
                  <tr>
                    <th scope="row" class="w"><xsl:call-template name="day"><xsl:with-param name="day" select="day"/></xsl:call-template></th>
                    <xsl:call-template name="n"><xsl:with-param name="n" select="runs"/></xsl:call-template>
                    <xsl:call-template name="n"><xsl:with-param name="n" select="broken"/><xsl:with-param name="loud" select="true()"/></xsl:call-template>
                    <xsl:call-template name="n"><xsl:with-param name="n" select="exit_code"/><xsl:with-param name="loud" select="true()"/></xsl:call-template>
                    <td class="n"><xsl:call-template name="span"><xsl:with-param name="s" select="seconds"/></xsl:call-template></td>
                    <xsl:for-each select="came | staged | delivered | refused | held | in_doubt">
                      <xsl:call-template name="n"><xsl:with-param name="n" select="."/><xsl:with-param name="loud" select="self::refused or self::in_doubt"/></xsl:call-template>
                    </xsl:for-each>
                  </tr>
                </xsl:for-each>
              </xsl:with-param>
            </xsl:call-template>
          </details>
        </section>

        <section>
          <h2><xsl:call-template name="w"><xsl:with-param name="key">systems.title</xsl:with-param></xsl:call-template></h2>
          <xsl:call-template name="table">
            <xsl:with-param name="id">systems</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">systems.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">system role last_success #complaints #waiting_out #in_doubt #refused #dead #held #substituted</xsl:with-param>
            <xsl:with-param name="rows" select="status/row"/>
            <xsl:with-param name="body">
              <xsl:for-each select="status/row">
                <xsl:variable name="secret" select="key('system', system)/secret = 'true'"/>
                <xsl:variable name="row" select="complaints | waiting_out | in_doubt | refused | dead | held | substituted"/>
                <tr>
                  <th scope="row"><xsl:call-template name="system"/></th>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">role</xsl:with-param><xsl:with-param name="code" select="role"/></xsl:call-template></td>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="last_success"/></xsl:call-template></td>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="complaints"/><xsl:with-param name="secret" select="$secret"/></xsl:call-template>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="waiting_out"/><xsl:with-param name="secret" select="$secret"/></xsl:call-template>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="in_doubt"/><xsl:with-param name="loud" select="true()"/><xsl:with-param name="secret" select="$secret"/></xsl:call-template>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="refused"/><xsl:with-param name="loud" select="true()"/><xsl:with-param name="secret" select="$secret"/></xsl:call-template>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="dead"/><xsl:with-param name="loud" select="true()"/><xsl:with-param name="secret" select="$secret"/></xsl:call-template>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="held"/><xsl:with-param name="loud" select="true()"/><xsl:with-param name="secret" select="$secret"/></xsl:call-template>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="substituted"/><xsl:with-param name="secret" select="$secret"/></xsl:call-template>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <h3><xsl:call-template name="w"><xsl:with-param name="key">cursors.title</xsl:with-param></xsl:call-template></h3>
          <xsl:call-template name="table">
            <xsl:with-param name="id">cursors</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">cursors.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">system call at #lag</xsl:with-param>
            <xsl:with-param name="rows" select="cursors/row"/>
            <xsl:with-param name="body">
              <xsl:for-each select="cursors/row">
                <tr>
                  <th scope="row"><xsl:value-of select="system"/></th>
                  <td class="mono"><xsl:value-of select="call"/></td>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="at"/></xsl:call-template></td>
                  <td class="n"><xsl:call-template name="span"><xsl:with-param name="s" select="lag_seconds"/></xsl:call-template></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <xsl:if test="fed/row">
            <h3><xsl:call-template name="w"><xsl:with-param name="key">fed.title</xsl:with-param></xsl:call-template></h3>
            <xsl:call-template name="table">
              <xsl:with-param name="id">fed</xsl:with-param>
              <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">fed.caption</xsl:with-param></xsl:call-template></xsl:with-param>
              <xsl:with-param name="heads">system unit #complaints last_fed #days</xsl:with-param>
              <xsl:with-param name="rows" select="fed/row"/>
              <xsl:with-param name="body">
                <xsl:for-each select="fed/row">
                  <tr>
                    <th scope="row"><xsl:value-of select="system"/></th>
                    <td><xsl:value-of select="unit_name"/></td>
                    <xsl:call-template name="n"><xsl:with-param name="n" select="complaints"/></xsl:call-template>
                    <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="last_fed"/></xsl:call-template></td>
                    <td class="n"><xsl:if test="silent = 'true'"><xsl:attribute name="class">n bad</xsl:attribute></xsl:if><xsl:value-of select="b:count(string(days))"/></td>
                  </tr>
                </xsl:for-each>
              </xsl:with-param>
            </xsl:call-template>
          </xsl:if>
        </section>

        <section>
          <h2><xsl:call-template name="w"><xsl:with-param name="key">runs.title</xsl:with-param></xsl:call-template></h2>
          <xsl:call-template name="table">
            <xsl:with-param name="id">runs</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">runs.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">#run job state started ended #exit_code said</xsl:with-param>
            <xsl:with-param name="rows" select="runs/row"/>
            <xsl:with-param name="body">
              <xsl:for-each select="runs/row">
                <tr>
                  <th scope="row" class="n"><xsl:value-of select="run_id"/></th>
                  <td class="mono"><xsl:value-of select="job"/></td>
                  <td><xsl:if test="state = 'failed' or state = 'lost'"><xsl:attribute name="class">bad</xsl:attribute></xsl:if><xsl:call-template name="code"><xsl:with-param name="kind">run</xsl:with-param><xsl:with-param name="code" select="state"/></xsl:call-template></td>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="started_at"/></xsl:call-template></td>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="ended_at"/></xsl:call-template></td>
                  <td class="n"><xsl:value-of select="exit_code"/></td>
                  <td class="long" lang="en"><xsl:value-of select="said"/></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <h3><xsl:call-template name="w"><xsl:with-param name="key">recovery.title</xsl:with-param></xsl:call-template></h3>
          <xsl:call-template name="table">
            <xsl:with-param name="id">left</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">left.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">what system class #n</xsl:with-param>
            <xsl:with-param name="rows" select="left_behind/row"/>
            <xsl:with-param name="none">left.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="left_behind/row">
                <tr>
                  <th scope="row"><xsl:call-template name="code"><xsl:with-param name="kind">left</xsl:with-param><xsl:with-param name="code" select="what"/></xsl:call-template></th>
                  <td><xsl:value-of select="system"/></td>
                  <td><xsl:value-of select="class"/></td>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="n"/></xsl:call-template>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <xsl:call-template name="table">
            <xsl:with-param name="id">recovered</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">recovered.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">#run job what system #n</xsl:with-param>
            <xsl:with-param name="rows" select="recovered/row"/>
            <xsl:with-param name="none">recovered.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="recovered/row">
                <tr>
                  <th scope="row" class="n"><xsl:value-of select="run_id"/></th>
                  <td class="mono"><xsl:value-of select="job"/></td>
                  <td><xsl:call-template name="code"><xsl:with-param name="kind">left</xsl:with-param><xsl:with-param name="code" select="what"/></xsl:call-template></td>
                  <td><xsl:value-of select="system"/></td>
                  <xsl:call-template name="n"><xsl:with-param name="n" select="n"/></xsl:call-template>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
          <xsl:call-template name="table">
            <xsl:with-param name="id">missed</xsl:with-param>
            <xsl:with-param name="caption"><xsl:call-template name="w"><xsl:with-param name="key">missed.caption</xsl:with-param></xsl:call-template></xsl:with-param>
            <xsl:with-param name="heads">job due state said</xsl:with-param>
            <xsl:with-param name="rows" select="missed/row"/>
            <xsl:with-param name="none">missed.none</xsl:with-param>
            <xsl:with-param name="body">
              <xsl:for-each select="missed/row">
                <tr>
                  <th scope="row" class="mono"><xsl:value-of select="job"/></th>
                  <td class="w"><xsl:call-template name="at"><xsl:with-param name="at" select="due_at"/></xsl:call-template></td>
                  <td class="bad"><xsl:call-template name="code"><xsl:with-param name="kind">slot</xsl:with-param><xsl:with-param name="code" select="state"/></xsl:call-template></td>
                  <td class="long" lang="en"><xsl:value-of select="said"/></td>
                </tr>
              </xsl:for-each>
            </xsl:with-param>
          </xsl:call-template>
        </section>
      </xsl:with-param>
    </xsl:call-template>
  </xsl:template>
</xsl:stylesheet>
